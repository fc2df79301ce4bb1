startMap();
