package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/oriel-server/oriel/internal/report"
)

// A Filter is a report.Filter in a YAML configuration: text, as report.ParseFilter
// reads it, or the Data API's FilterExpression, key for key, in YAML's notation.
//
//	filter: country==New Zealand;pagePath!@/internal/
//
//	filter:
//	  filter:
//	    fieldName: hostName
//	    stringFilter: {matchType: ENDS_WITH, value: .example.com}
//
// Filter is nil when the configuration has none.
type Filter struct{ *report.Filter }

// A MetricFilter is a Filter whose text report.ParseMetricFilter reads.
type MetricFilter struct{ *report.Filter }

// maxFilterDepth bounds the nesting of a filter, and ends the reading of an
// anchor that contains itself.
const maxFilterDepth = 64

// UnmarshalYAML reads the filter strictly: errors name the line.
func (s *Filter) UnmarshalYAML(node *yaml.Node) (err error) {
	s.Filter, err = readFilter(node, report.ParseFilter)
	return err
}

// UnmarshalYAML reads the filter strictly: errors name the line.
func (s *MetricFilter) UnmarshalYAML(node *yaml.Node) (err error) {
	s.Filter, err = readFilter(node, report.ParseMetricFilter)
	return err
}

func readFilter(node *yaml.Node, parse func(string) (*report.Filter, error)) (*report.Filter, error) {
	var text string
	if node.ShortTag() != "!!str" || node.Load(&text) != nil {
		return readExpression(node)
	}
	f, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("line %d: filter: %w", node.Line, err)
	}
	return f, nil
}

func readExpression(node *yaml.Node) (*report.Filter, error) {
	value, err := plainValue(node, 0)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("line %d: filter: %w", node.Line, err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var f report.Filter
	if err := dec.Decode(&f); err != nil {
		return nil, explain(node, err)
	}
	return &f, nil
}

// plainValue returns a node as JSON would have it. Keys must be unique: of two
// mandatory filters, none may be dropped in silence.
func plainValue(node *yaml.Node, depth int) (any, error) {
	if depth > maxFilterDepth {
		return nil, fmt.Errorf("line %d: filter: nested more than %d levels deep", node.Line, maxFilterDepth)
	}
	switch node.Kind {
	case yaml.AliasNode:
		return plainValue(node.Alias, depth+1)
	case yaml.MappingNode:
		return plainMapping(node, depth)
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			var err error
			if list[i], err = plainValue(item, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	var v any
	if err := node.Load(&v); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, fmt.Errorf("line %d: filter: a value is missing", node.Line)
	}
	return v, nil
}

func plainMapping(node *yaml.Node, depth int) (any, error) {
	object := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: filter: keys must be words", key.Line)
		}
		if _, ok := object[key.Value]; ok {
			return nil, fmt.Errorf("line %d: filter: %s is there twice", key.Line, key.Value)
		}
		v, err := plainValue(value, depth+1)
		if err != nil {
			return nil, err
		}
		object[key.Value] = v
	}
	return object, nil
}

// explain turns an error of encoding/json into one with the line and what to change.
func explain(node *yaml.Node, err error) error {
	line := func(key string) int {
		if at := findKey(node, key, 0); at != nil {
			return at.Line
		}
		return node.Line
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		field := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
		hint := ""
		if wrong.Type.Kind().String() == "string" {
			hint = "; put it in quotes"
		}
		return fmt.Errorf("line %d: filter: %s cannot be a %s%s", line(field), field, wrong.Value, hint)
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	if key, ok := strings.CutPrefix(text, "unknown field "); ok {
		key = strings.Trim(key, `"`)
		return fmt.Errorf("line %d: filter: field %s not found", line(key), key)
	}
	return fmt.Errorf("line %d: filter: %s", node.Line, text)
}

func findKey(node *yaml.Node, key string, depth int) *yaml.Node {
	if depth > maxFilterDepth {
		return nil
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 && child.Value == key {
			return child
		}
		if found := findKey(child, key, depth+1); found != nil {
			return found
		}
	}
	return nil
}
