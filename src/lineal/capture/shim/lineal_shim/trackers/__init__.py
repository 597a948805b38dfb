"""What the program tells other trackers: one file each, loaded when the program loads the tracker."""
