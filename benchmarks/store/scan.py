"""Ask the file system about every file of a tree, as little as a status can do: ``python scan.py DIRECTORY``."""

import os
import sys

todo = [sys.argv[1]]
while todo:
    with os.scandir(todo.pop()) as entries:
        for each in entries:
            if each.is_dir(follow_symlinks=False):
                todo.append(each.path)
            else:
                each.stat(follow_symlinks=False)
