no-kernel = /boot 中没有完整的内核。启动菜单未做更改。
starts = 启动菜单将启动 { $kernel }。
target-missed = 未到达 boot-complete.target：本次启动计为失败。未做任何更改。
not-restarted = 无法重新启动设备。请关机后再开机

# 命令行
complete-about = 记录本次启动已进入正常状态
menu-about = 让 GRUB 启动最新的完整内核
