//go:build unix

package app

import "syscall"

// fileLimit returns how many files the process may have open, connections included.
func fileLimit() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 1024 // the least that systems begin with
	}
	return uint64(l.Cur)
}
