"""Plan for workplaces, IT, cameras and information security (row 7): items, incidents, uptime."""
