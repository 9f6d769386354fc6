held = 另一操作正在进行：{ $operation }，进程 { $pid }，开始于 { $since }。未做任何更改。请等待其结束后重试。
held-by-unknown = 另一操作正在进行。未做任何更改。请等待其结束后重试。
unusable = 无法使用锁：{ $why }
