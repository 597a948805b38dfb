"""A transparency log as bytes: the tree of RFC 6962, the tiles of C2SP tlog-tiles, signed notes and checkpoints."""
