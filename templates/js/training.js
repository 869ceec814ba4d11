function training(page, plotting) {
  plotting.addFigure("training-loss");
  plotting.addFigure("training-accuracy");
}
