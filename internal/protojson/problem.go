package protojson

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Problem is one thing that is wrong with a request.
type Problem struct {
	Kind  Kind
	Path  string // where, in Google's notation: date_ranges[0].start_date
	Name  string // of the member, oneof or list that the problem is about
	Want  string // of WrongValue: the type; of TwoOfOne: the oneof
	Value string // of WrongValue, as errors show it; of Twice, the name as it is written; of Syntax, what is wrong
	Most  int    // the bound that is exceeded
	Found int    // what exceeds it; of Syntax the byte
}

// Kind is the sort of a problem.
type Kind int

// The sorts of problems.
const (
	Syntax      Kind = iota // no JSON
	End                     // JSON that ends too early
	Trailing                // text behind the JSON
	NoMessage               // JSON that is no object
	TooDeep                 // deeper than MaxDepth
	Unknown                 // a member that the message lacks
	Unsupported             // a member that Google knows
	Twice                   // a member that is there already
	TwoOfOne                // a member of a oneof that has one already
	WrongValue              // a value that the member can't have
	LongList                // more elements than are read
	LongText                // more bytes than are read
	Nested                  // a message in too many of its type
	TooMany                 // more values than a request may have
)

// String returns the problem in the words of the Data API.
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

// At returns where the problem is as Google's errors say it; "" for the request itself.
func (p Problem) At() string {
	if p.Path == "" {
		return ""
	}
	return " at '" + p.Path + "'"
}

// errEnough ends the reading of a request with as many problems as are reported.
var errEnough = errors.New("enough problems")

// problem records what is wrong with a value; reading continues unless it returns an error.
func (d *decoder) problem(p Problem) error {
	d.problems = append(d.problems, d.say(p))
	if len(d.problems) >= d.dialect.MaxProblems {
		return errEnough
	}
	return nil
}

// fatal returns what is wrong with the request as a whole.
func (d *decoder) fatal(p Problem) error { return errors.New(d.say(p)) }

func (d *decoder) say(p Problem) string {
	if d.dialect.Say != nil {
		return d.dialect.Say(p)
	}
	return p.String()
}

// A place is where a value stands: a member, or an element if it has no name.
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
