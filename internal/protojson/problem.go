package protojson

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Problem is one error in a request.
type Problem struct {
	Kind  Kind
	Path  string // in Google's notation: date_ranges[0].start_date
	Name  string // of the member, oneof or list
	Want  string // for WrongValue the type, for TwoOfOne the oneof
	Value string // for WrongValue as errors show it, for Twice the name as written, for Syntax the reason
	Most  int    // the exceeded bound
	Found int    // what exceeds it; for Syntax and End the byte offset
}

// Kind classifies problems.
type Kind int

// The kinds of problems.
const (
	Syntax      Kind = iota // not JSON
	End                     // truncated JSON
	Trailing                // text after the JSON
	NoMessage               // JSON, but not an object
	TooDeep                 // deeper than MaxDepth
	Unknown                 // a member that the message doesn't have
	Unsupported             // a member of Google's that Oriel refuses
	Twice                   // a duplicate member
	TwoOfOne                // a second member of a oneof
	WrongValue              // a value of the wrong type
	LongList                // too many elements
	LongText                // too many bytes
	Nested                  // a message within too many of its type
	TooMany                 // too many values in the request
)

// String returns the message of the Data API.
func (p Problem) String() string {
	switch p.Kind {
	case Syntax:
		return fmt.Sprintf("Invalid JSON payload received. Near byte %d: %s.", p.Found, p.Value)
	case End:
		return fmt.Sprintf("Invalid JSON payload received. Near byte %d: unexpected end of string.", p.Found)
	case Trailing:
		return "Invalid JSON payload received. Expected end of string after the message."
	case NoMessage:
		return `Invalid JSON payload received. Unknown name "": Root element must be a message.`
	case TooDeep:
		return fmt.Sprintf("The request is nested deeper than %d levels.", p.Most)
	case Unknown:
		return fmt.Sprintf("Invalid JSON payload received. Unknown name %s%s: Cannot find field.", strconv.Quote(p.Name), p.At())
	case Unsupported:
		return fmt.Sprintf("Oriel does not support %s.", p.Name)
	case Twice:
		return fmt.Sprintf("Invalid value at '%s': %s is given twice.", p.Path, p.Name)
	case TwoOfOne:
		return fmt.Sprintf("Invalid value at '%s' (oneof), oneof field '%s' is already set. Cannot set '%s'", p.Path, p.Want, p.Name)
	case WrongValue:
		return fmt.Sprintf("Invalid value at '%s' (%s), %s", p.Path, p.Want, p.Value)
	case LongList:
		return fmt.Sprintf("%s has %d members; Oriel reads %d at most.", p.Path, p.Found, p.Most)
	case LongText:
		return fmt.Sprintf("%s is longer than %d bytes.", p.Path, p.Most)
	case Nested:
		return fmt.Sprintf("%s is nested too deep: Oriel reads %ss of %d levels.", p.Path, p.Name, p.Most)
	}
	return fmt.Sprintf("A request has too many %ss: Oriel reads %d.", p.Name, p.Most)
}

// At returns " at" and the path as in Google's errors; "" for the request itself.
func (p Problem) At() string {
	if p.Path == "" {
		return ""
	}
	return " at '" + p.Path + "'"
}

// errEnough ends decoding after MaxProblems.
var errEnough = errors.New("enough problems")

// problem records a problem with a value; decoding continues unless it returns an error.
func (d *decoder) problem(p Problem) error {
	d.problems = append(d.problems, d.say(p))
	if len(d.problems) >= d.dialect.MaxProblems {
		return errEnough
	}
	return nil
}

// fatal returns a problem that ends decoding.
func (d *decoder) fatal(p Problem) error { return errors.New(d.say(p)) }

func (d *decoder) say(p Problem) string {
	if d.dialect.Say != nil {
		return d.dialect.Say(p)
	}
	return p.String()
}

// A place is the path of a value: a member, or an element if it has no name.
type place struct {
	in    *place
	name  string
	index int
}

func (p *place) String() string {
	if p.in == nil {
		return p.name
	}
	if p.name == "" {
		return fmt.Sprintf("%s[%d]", p.in, p.index)
	}
	return strings.TrimPrefix(p.in.String()+"."+p.name, ".")
}
