//go:build unix

package access

import (
	"os"
	"syscall"
)

// keepOwner gives a new file the mode and the owner of the one that it replaces.
func keepOwner(old, new string) error {
	info, err := os.Stat(old)
	if err != nil {
		return err
	}
	if is, ok := info.Sys().(*syscall.Stat_t); ok && (int(is.Uid) != os.Geteuid() || int(is.Gid) != os.Getegid()) {
		if err := os.Chown(new, int(is.Uid), int(is.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(new, info.Mode().Perm())
}
