no-kernel = /boot 中没有完整的内核：启动菜单保持不变。
starts = 启动菜单将启动 { $kernel }。
target-missed = 未到达 boot-complete.target：本次启动计为失败。未作任何更改。
