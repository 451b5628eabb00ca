package app

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// readable makes "file:line: what is wrong" out of the YAML library's errors,
// one line each, in words that do not presume Go.
func (s *source) readable(err error) error {
	var all *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &all):
	case errors.As(err, &one):
		all = &yaml.LoadErrors{Errors: []*yaml.LoadError{one}}
	default:
		return fmt.Errorf("%s: %w", s.path, err)
	}
	lines := make([]string, len(all.Errors))
	for i, e := range all.Errors {
		lines[i] = s.describe(e)
	}
	return errors.New(strings.Join(lines, "\n"))
}

var (
	inFilter     = regexp.MustCompile(`^line (\d+): (.*)$`)
	unknownField = regexp.MustCompile(`^(filter: )?field (\S+) not found(?: in type \S+)?$`)
	wrongType    = regexp.MustCompile("^cannot construct !!(\\w+)(?: `(.*)`)? into (\\S+)$")
)

func (s *source) describe(e *yaml.LoadError) string {
	line, message := e.Mark.Line, e.Message
	if strings.HasSuffix(message, "no documents in stream") {
		return s.path + ": the file is empty: copy oriel.example.yaml"
	}
	if m := inFilter.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1]) // the pattern has digits only
		message = m[2]
	}
	text := plainMessage(message)
	if what, ok := strings.CutPrefix(text, "filter: "); ok {
		if key := filterAt(document(&s.root), line, nil); key != nil {
			text = strings.Join(key, ".") + ": " + what
		}
	}
	return fmt.Sprintf("%s:%d: %s", s.path, line, text)
}

// filterAt returns the path of the filter that a line is part of; nil when there is none.
// Anchors are not followed: a filter is where it is written.
func filterAt(n *yaml.Node, line int, path []string) (found []string) {
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			at := append(slices.Clone(path), key.Value)
			if (key.Value == "filter" || key.Value == "metric_filter") && hasLine(value, line) {
				return at
			}
			if found := filterAt(value, line, at); found != nil {
				return found
			}
		}
	case n.Kind == yaml.SequenceNode:
		for i, one := range n.Content {
			if found := filterAt(one, line, append(slices.Clone(path), strconv.Itoa(i+1))); found != nil {
				return found
			}
		}
	}
	return nil
}

func hasLine(n *yaml.Node, line int) bool {
	return n.Line == line || slices.ContainsFunc(n.Content, func(part *yaml.Node) bool { return hasLine(part, line) })
}

func plainMessage(message string) string {
	if m := unknownField.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%sunknown key %q: docs/configuration.md lists the keys that exist", m[1], m[2])
	}
	if m := wrongType.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%s is not %s", found(m[1], m[2]), wanted(m[3]))
	}
	return message
}

// found names what stands in the file; kind is its YAML tag.
func found(kind, text string) string {
	switch kind {
	case "map":
		return "a group of keys"
	case "seq":
		return "a list"
	}
	return strconv.Quote(text)
}

// wanted says what to write for a value of a Go type.
func wanted(goType string) string {
	switch goType {
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	case "float64":
		return "a number"
	case "time.Duration":
		return "a duration: write a number with its unit, as in 30s, 10m or 24h"
	case "[]string":
		return "a list: write [one, two]"
	}
	if strings.HasPrefix(goType, "[]") {
		return `a list: begin each entry with "- "`
	}
	return "a group of keys: write them below, indented"
}

var (
	subject   = regexp.MustCompile(`^(view|dashboard) "([^"]*)": (.*)$`)
	panelName = regexp.MustCompile(`^panel "([^"]*)"`)
)

// place gives every line of an error about views and dashboards its place in
// the file. Such errors say `view "shop": key: what is wrong`, and what belongs
// to the same view follows on lines of its own.
func (s *source) place(err error) error {
	var lines []string
	var kind, name string
	for text := range strings.Lines(err.Error()) {
		text = strings.TrimSuffix(text, "\n")
		for m := subject.FindStringSubmatch(text); m != nil; m = subject.FindStringSubmatch(text) {
			kind, name, text = m[1], m[2], m[3]
		}
		if m := inFilter.FindStringSubmatch(text); m != nil {
			text = m[2] // the panel's name leads to the same line
		}
		text = s.placeSetting(text)
		if kind == "" {
			lines = append(lines, s.path+": "+text)
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s %q: %s", s.whereAbout(kind+"s", name, text), kind, name, text))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// settingOf is how policy names the setting of a view that keeps a panel from it.
var settingOf = regexp.MustCompile(`(fields\.deny|fields\.allow|filter) of view "([^"]*)"`)

// placeSetting adds the place of a view's setting to a text that names it.
func (s *source) placeSetting(text string) string {
	return settingOf.ReplaceAllStringFunc(text, func(named string) string {
		m := settingOf.FindStringSubmatch(named)
		return named + " (" + s.where(append([]string{"views", m[2]}, strings.Split(m[1], ".")...)...) + ")"
	})
}

// whereAbout returns the place of what text begins with, a panel or a key, within
// a view or dashboard.
func (s *source) whereAbout(section, name, text string) string {
	if m := panelName.FindStringSubmatch(text); m != nil {
		if line := s.panelLine(name, m[1]); line > 0 {
			return fmt.Sprintf("%s:%d", s.path, line)
		}
	}
	key, _, _ := strings.Cut(text, ":")
	return s.where(section, name, strings.ReplaceAll(key, " ", "_"))
}

// panelLine returns the line of a dashboard's panel, known by its name or its
// number; 0 when there is none.
func (s *source) panelLine(dashboard, panel string) int {
	_, boards := s.lookup(document(&s.root), "dashboards")
	_, board := s.lookup(boards, dashboard)
	_, panels := s.lookup(board, "panels")
	if panels == nil || panels.Kind != yaml.SequenceNode {
		return 0
	}
	for i, p := range panels.Content {
		name := strconv.Itoa(i + 1)
		if _, value := s.lookup(followed(p), "name"); value != nil {
			name = cmp.Or(value.Value, name)
		}
		if name == panel {
			return p.Line
		}
	}
	return 0
}
