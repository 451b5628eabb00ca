package protojson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

type (
	request struct {
		_      struct{} `ignored:"property returnPropertyQuota"`
		_      struct{} `unsupported:"cohortSpec"`
		shared `without:"hidden"`
		Names  []string  `json:"names" most:"3"`
		Shapes []string  `json:"shapes,omitempty" enum:"Shape"`
		Parts  []part    `json:"parts"`
		Tree   *tree     `json:"tree"`
		Double *float64  `json:"doubleValue"`
		Raw    any       `json:"raw"`
		Inner  string    `json:"-"`
		Plain  string    // without a tag it is no member
		Two    [2]string `json:"-"`
	}
	shared struct {
		Text   string `json:"someText"`
		Hidden bool   `json:"hidden"`
		Small  int    `json:"small"`
		Large  int64  `json:"large"`
		Is     bool   `json:"is"`
	}
	part struct {
		_     struct{} `unsupported:"other" as:"others" oneof:"kind"`
		Shape string   `json:"shape" enum:"Shape" oneof:"kind"`
		Size  *int     `json:"size" oneof:"kind"`
	}
	tree struct {
		Left *tree `json:"left"`
		Leaf *part `json:"leaf" total:"2"`
	}
)

var strict = Dialect{
	MaxProblems: 3, MaxList: 4, MaxText: 8, MaxNesting: 3, Package: "pkg.",
	Enums:    map[string][]string{"Shape": {"ROUND", "", "SQUARE"}},
	Truncate: func(s string) string { return s[:min(len(s), 12)] },
}

func TestRead(t *testing.T) {
	lenient := strict
	lenient.Lenient, lenient.MaxProblems = true, 1
	for _, tt := range []struct {
		dialect Dialect
		in      string
		want    request
	}{
		{strict, `{}`, request{}},
		{strict, ` {"some_text":"a","small":"-7","large":9,"is":true} `, request{shared: shared{Text: "a", Small: -7, Large: 9, Is: true}}},
		{strict, `{"someText":null,"someText":"a","names":null,"tree":null}`, request{shared: shared{Text: "a"}}},
		{strict, `{"names":["a",""],"doubleValue":"1.5"}`, request{Names: []string{"a", ""}, Double: new(1.5)}},
		{strict, `{"shapes":["SHAPE_UNSPECIFIED","ROUND",0,3]}`, request{Shapes: []string{"ROUND", "SQUARE"}}},
		{strict, `{"parts":[{"size":0},{"shape":"ROUND"}]}`, request{Parts: []part{{Size: new(0)}, {Shape: "ROUND"}}}},
		{strict, `{"tree":{"left":{"left":{}}}}`, request{Tree: &tree{Left: &tree{Left: &tree{}}}}},
		{strict, `{"property":[{"a":[]}],"return_property_quota":1,"cohortSpec":[]}`, request{}},
		{strict, `{"raw":[1,{"a":["b",null]}]}`, request{Raw: []any{json.Number("1"), map[string]any{"a": []any{"b", nil}}}}},
		{lenient, `{"someText":7,"small":"7","is":"True","names":"a","shapes":"3","parts":{"shape":1}}`,
			request{shared: shared{Text: "7", Small: 7, Is: true}, Names: []string{"a"}, Shapes: []string{"SQUARE"}, Parts: []part{{Shape: "ROUND"}}}},
		{lenient, `{"names":[null,true]}`, request{Names: []string{"", "true"}}},
	} {
		got, err := New[request](tt.dialect).Read([]byte(tt.in), "")
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", tt.in, got, err, tt.want)
		}
	}
}

func TestProblems(t *testing.T) {
	const unknown = `Invalid JSON payload received. Unknown name `
	for in, want := range map[string]string{
		``:                     `Invalid JSON payload received. Near byte 0: unexpected end of string.`,
		`[]`:                   unknown + `"": Root element must be a message.`,
		`{"is":true`:           `Invalid JSON payload received. Near byte 10: unexpected end of string.`,
		`{"is":treu}`:          `Invalid JSON payload received. Near byte 6: invalid char.`,
		`{} {}`:                `Invalid JSON payload received. Expected end of string after the message.`,
		`{"a":1,"is":true`:     `Invalid JSON payload received. Near byte 16: unexpected end of string.`,
		`{"Small":1}`:          unknown + `"Small": Cannot find field.`,
		`{"hidden":true}`:      unknown + `"hidden": Cannot find field.`,
		`{"Plain":"a"}`:        unknown + `"Plain": Cannot find field.`,
		`{"parts":[{"x":{}}]}`: unknown + `"x" at 'parts[0]': Cannot find field.`,
		`{"a":{"b":[1]},"\"quotes and more":1,"c":1,"d":1}`:          unknown + `"a": Cannot find field.` + "\n" + unknown + `"\"quotes and ": Cannot find field.` + "\n" + unknown + `"c": Cannot find field.`,
		`{"some_text":"","someText":""}`:                             `Invalid value at 'some_text': someText is given twice.`,
		`{"cohort_spec":{}}`:                                         `Oriel does not support cohortSpec.`,
		`{"parts":[{"other":1}]}`:                                    `Oriel does not support others.`,
		`{"parts":[{},{"size":1,"shape":1}]}`:                        `Invalid value at 'parts[1]' (oneof), oneof field 'kind' is already set. Cannot set 'shape'`,
		`{"parts":[{"size":1,"other":1}]}`:                           `Invalid value at 'parts[0]' (oneof), oneof field 'kind' is already set. Cannot set 'other'`,
		`{"parts":{}}`:                                               `Invalid value at 'parts' (repeated field), an object`,
		`{"parts":[null,[]]}`:                                        `Invalid value at 'parts[0]' (message), null` + "\n" + `Invalid value at 'parts[1]' (message), an array`,
		`{"tree":"a very long text"}`:                                `Invalid value at 'tree' (message), "a very long "`,
		`{"someText":1,"is":"true","is":1}`:                          `Invalid value at 'some_text' (TYPE_STRING), 1` + "\n" + `Invalid value at 'is' (TYPE_BOOL), "true"` + "\n" + `Invalid value at 'is': is is given twice.`,
		`{"small":2147483648,"large":1.5,"doubleValue":"NaN"}`:       `Invalid value at 'small' (TYPE_INT32), 2147483648` + "\n" + `Invalid value at 'large' (TYPE_INT64), 1.5` + "\n" + `Invalid value at 'double_value' (TYPE_DOUBLE), "NaN"`,
		`{"shapes":[2,"3",""]}`:                                      `Invalid value at 'shapes[0]' (pkg.Shape), 2` + "\n" + `Invalid value at 'shapes[1]' (pkg.Shape), "3"` + "\n" + `Invalid value at 'shapes[2]' (pkg.Shape), ""`,
		`{"names":["a",1,"b","c",{}]}`:                               `names has 5 members; Oriel reads 3 at most.`,
		`{"parts":[{},{},{},{},{}]}`:                                 `parts has 5 members; Oriel reads 4 at most.`,
		`{"someText":"123456789"}`:                                   `some_text is longer than 8 bytes.`,
		`{"tree":{"left":{"left":{"left":{"leaf":7}}}}}`:             `tree.left.left.left is nested too deep: Oriel reads trees of 3 levels.`,
		`{"tree":{"left":{"left":{"leaf":{}},"leaf":{}},"leaf":{}}}`: `A request has too many leafs: Oriel reads 2.`,
		nested(MaxDepth):                                             unknown + `"x": Cannot find field.`,
		nested(MaxDepth + 1):                                         fmt.Sprintf(`The request is nested deeper than %d levels.`, MaxDepth),
		strings.Repeat(`[`, MaxDepth+1):                              unknown + `"": Root element must be a message.`,
	} {
		if _, err := New[request](strict).Read([]byte(in), ""); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", in, err, want)
		}
	}
	lenient := strict
	lenient.Lenient = true
	if _, err := New[request](lenient).Read([]byte(`{"is":null,"is":true}`), ""); err == nil || err.Error() != `Invalid value at 'is': is is given twice.` {
		t.Errorf("null and a value: %v", err)
	}
	if _, err := New[tree](strict).Read([]byte(`{"left":7}`), "root"); err == nil || err.Error() != `Invalid value at 'root.left' (message), 7` {
		t.Errorf("under a root: %v", err)
	}
}

func nested(levels int) string {
	return `{"x":` + strings.Repeat(`[`, levels-1) + strings.Repeat(`]`, levels-1) + `}`
}

// A dialect has words of its own for what it wants.
func TestSay(t *testing.T) {
	d := strict
	d.MaxProblems = 1
	d.Say = func(p Problem) string { return fmt.Sprint(p.Kind == WrongValue, p.Path, " ", p.Want, " ", p.Value) }
	if _, err := New[request](d).Read([]byte(`{"small":true,"large":true}`), ""); err == nil || err.Error() != "true"+"small TYPE_INT32 true" {
		t.Error(err)
	}
}

func TestWrongTags(t *testing.T) {
	type noEnum struct {
		A string `json:"a" enum:"Nothing"`
	}
	type noNumber struct {
		A []string `json:"a" most:"many"`
	}
	type twice struct {
		_ struct{} `ignored:"a"`
		A string   `json:"a"`
	}
	type without struct {
		part `without:"shapes"`
	}
	for name, make := range map[string]func(){
		"an unknown enum":           func() { New[noEnum](strict) },
		"a bound that's no number":  func() { New[noNumber](strict) },
		"a member twice":            func() { New[twice](strict) },
		"without what is not there": func() { New[without](strict) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", name)
				}
			}()
			make()
		}()
	}
}

// FuzzRead: hostile input never panics, errors are short, and all that is read is JSON.
func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"someText":"a","small":1}`, `{"tree":{"left":{"leaf":{"size":1}}},"parts":[{"shape":"ROUND"}]}`, `{"raw":{"a":[1]},"x":[{}]}`, nested(50), `{"a":1`} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, lenient bool) {
		d := strict
		d.Lenient = lenient
		_, err := New[request](d).Read([]byte(s), "")
		switch {
		case err == nil && !json.Valid([]byte(s)):
			t.Fatalf("%q was read", s)
		case err != nil && (err.Error() == "" || len(err.Error()) > 4096):
			t.Fatalf("%q: %v", s, err)
		}
	})
}
