"""Nothing breaks it: hostile pictures and requests, overload, damage and restarts."""
