no-kernel = /boot 中没有完整的内核：启动菜单保持不变。
starts = 启动菜单将启动 { $kernel }。
