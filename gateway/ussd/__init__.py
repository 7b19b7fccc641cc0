"""What is true of USSD: the menus, the engine that walks them, screens that fit, and the carriers' shapes."""
