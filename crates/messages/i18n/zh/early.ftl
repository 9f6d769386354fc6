waiting = 正在等待机械硬盘，最多再等 { $seconds } 秒
without-hdd = 机械硬盘缺失：系统将在没有机械硬盘和备份的情况下启动
untouched = 机械硬盘已恢复，期间系统未被写入：备份完好
