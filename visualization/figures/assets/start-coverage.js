startCoverage();
