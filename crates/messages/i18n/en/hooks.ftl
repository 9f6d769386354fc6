failed = the hook { $hook } failed ({ $status }): { $output }
too-slow = the hook { $hook } took longer than { $seconds } seconds and was stopped
