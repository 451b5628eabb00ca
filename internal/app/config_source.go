package app

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"

	"go.yaml.in/yaml/v4"
)

// A source remembers where in the file each key stands, so that an error about a
// value can name the line.
type source struct {
	path string
	sum  string // SHA-256 of the file, in hexadecimal
	root yaml.Node
	keys *keyIndex // of root; nil before index
}

// A keyIndex finds keys of long mappings, so that what is done for every view takes time
// that grows with the views and not with their square.
type keyIndex struct {
	positions map[*yaml.Node]map[string]int // in Content, of long mappings alone
	compared  atomic.Int64                  // keys that were looked at
}

// longMapping is the number of keys from which a mapping is indexed and not searched.
const longMapping = 16

// index prepares lookups in root, which does not change any more.
func (s *source) index() {
	s.keys = &keyIndex{positions: map[*yaml.Node]map[string]int{}}
	s.keys.add(&s.root)
}

func (k *keyIndex) add(n *yaml.Node) {
	for _, part := range n.Content {
		k.add(part)
	}
	if n.Kind != yaml.MappingNode || len(n.Content)/2 < longMapping {
		return
	}
	positions := make(map[string]int, len(n.Content)/2)
	for i := len(n.Content) - 2; i >= 0; i -= 2 { // the first of a name holds
		positions[n.Content[i].Value] = i
	}
	k.positions[n] = positions
}

// position returns where in its Content a mapping has a key; -1 without it.
func (k *keyIndex) position(mapping *yaml.Node, name string) int {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return -1
	}
	if positions, ok := k.positions[mapping]; ok {
		k.compared.Add(1)
		if i, ok := positions[name]; ok {
			return i
		}
		return -1
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		k.compared.Add(1)
		if mapping.Content[i].Value == name {
			return i
		}
	}
	return -1
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
		key, value := s.lookup(node, name)
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
	_, mapping := s.lookup(document(&s.root), section)
	places := map[string]int{}
	for name := range names {
		places[name] = math.MaxInt
		if i := s.keys.position(mapping, name); i >= 0 {
			places[name] = i
		}
	}
	return slices.SortedFunc(maps.Keys(places), func(a, b string) int {
		return cmp.Or(cmp.Compare(places[a], places[b]), cmp.Compare(a, b))
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
func (s *source) lookup(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	i := s.keys.position(mapping, name)
	if i < 0 {
		return nil, nil
	}
	return mapping.Content[i], followed(mapping.Content[i+1])
}

func followed(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
