waiting = 正在等待 HDD，最多再等 { $seconds } 秒
without-hdd = HDD 缺失：系统将在没有 HDD 和备份的情况下启动
untouched = HDD 已恢复，期间系统未被写入：备份完好
undone = 更改卷组时断电：卷组已回到更改之前的状态
unreadable = 备份无法读取：系统将在没有备份的情况下启动
removed = 备份仍然无法读取，而系统已在没有备份的情况下被写入：旧备份已删除，下一次备份会重新创建
given-up = 快照 { $names } 无法读取，已删除：不带它启动会使另一个快照也失效。下一次备份会重新创建它
