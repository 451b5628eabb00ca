package app

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A source remembers where in the file each key stands, so that an error about a
// value can name the line.
type source struct {
	path string
	sum  string // SHA-256 of the file, in hexadecimal
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

// ordered returns names, which are keys of a top-level mapping, in the order of
// the file. Those that YAML merged in from elsewhere ("<<") come last.
func (s *source) ordered(section string, names iter.Seq[string]) []string {
	_, mapping := lookup(document(&s.root), section)
	place := func(name string) int {
		for i := 0; mapping != nil && i+1 < len(mapping.Content); i += 2 {
			if mapping.Content[i].Value == name {
				return i
			}
		}
		return math.MaxInt
	}
	return slices.SortedFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
}

func document(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		return n.Content[0]
	}
	return n
}

// lookup finds a key of a mapping; both are nil without it. What stands behind an
// alias is found.
func lookup(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i], followed(mapping.Content[i+1])
		}
	}
	return nil, nil
}

func followed(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
