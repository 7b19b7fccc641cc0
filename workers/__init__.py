"""The processes behind the web: one worker for each lane, and the clock."""
