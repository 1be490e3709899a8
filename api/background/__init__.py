"""What goes on without anybody calling: due steps, renewals, what crashes left, newer trusted lists."""
