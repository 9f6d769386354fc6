held = Another operation is under way: { $operation }, process { $pid }, since { $since }. Nothing was changed. Wait for its end, then try again.
held-by-unknown = Another operation is under way. Nothing was changed. Wait for its end, then try again.
unusable = The lock can’t be used: { $why }
