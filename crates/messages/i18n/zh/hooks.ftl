failed = 钩子程序 { $hook } 失败（{ $status }）：{ $output }
too-slow = 钩子程序 { $hook } 超过 { $seconds } 秒，已被终止
