"""How metrics went over runs: from results.json files, with changes that are more than noise."""
