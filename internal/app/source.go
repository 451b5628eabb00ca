package app

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A source remembers where in the file each key stands, so that an error about a
// value can name the line.
type source struct {
	path string
	root yaml.Node
}

// errorf returns an error about the key at path, with file and line.
func (s *source) errorf(path []string, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %s", s.where(path...), strings.Join(path, "."), fmt.Sprintf(format, args...))
}

// where returns "file:line" of the key at path, or of its nearest parent that
// the file has.
func (s *source) where(path ...string) string {
	if line := s.line(path); line > 0 {
		return fmt.Sprintf("%s:%d", s.path, line)
	}
	return s.path
}

// line is that of where; 0 when the file has not even a parent.
func (s *source) line(path []string) int {
	node, line := document(&s.root), 0
	for _, name := range path {
		key, value := lookup(node, name)
		if key == nil {
			break
		}
		node, line = value, key.Line
	}
	return line
}

// keys returns the names of a top-level mapping in the order of the file.
func (s *source) keys(name string) []string {
	_, mapping := lookup(document(&s.root), name)
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	var names []string
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		names = append(names, mapping.Content[i].Value)
	}
	return names
}

func document(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		return n.Content[0]
	}
	return n
}

func lookup(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}
