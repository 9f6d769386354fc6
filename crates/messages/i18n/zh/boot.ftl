no-kernel = /boot 中没有完整的内核。启动菜单未做更改。
starts = 启动菜单将启动 { $kernel }。
target-missed = 未到达 boot-complete.target：本次启动计为失败。未做任何更改。
