"""How ``kyso up`` keeps its children: one life per child, capped logs, one supervisor per home, and no orphans."""
