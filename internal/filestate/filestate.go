// Package filestate tells whether a file was changed or replaced since it was last read.
package filestate

import (
	"io/fs"
	"os"
)

// A State stands for one version of a file; the zero State stands for no file. Take
// it before the file is read, so that no later change is missed.
type State struct{ info fs.FileInfo }

// Of returns the state of the file at path. It follows links. With an error, the
// state is zero.
func Of(path string) (State, error) {
	info, err := os.Stat(path)
	if err != nil {
		return State{}, err
	}
	return State{info}, nil
}

// Same reports whether two states are of one file that was not written to in between:
// of the same inode, size and modification time. Two zero states are the same.
func (s State) Same(other State) bool {
	if s.info == nil || other.info == nil {
		return s.info == other.info
	}
	return os.SameFile(s.info, other.info) && s.info.Size() == other.info.Size() && s.info.ModTime().Equal(other.info.ModTime())
}

// Mode returns the type and the permissions of the file, 0 for no file.
func (s State) Mode() fs.FileMode {
	if s.info == nil {
		return 0
	}
	return s.info.Mode()
}
