package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
)

// oldID is an alias that Universal Analytics' clients can write. Fifteen digits
// are exact in JavaScript, which reads numbers up to 2^53.
var oldID = regexp.MustCompile(`^ga:([1-9][0-9]{0,14})$`)

// Numbers made of names have fifteen digits: more than any id that Google has
// given out, so that they are nobody's, and as many as JavaScript can hold.
const (
	firstNumber = 100_000_000_000_000
	pastNumbers = 1_000_000_000_000_000
)

// numberOf returns the number by which the dialects of Universal Analytics name
// a view: that of its first old id, or else one made of the view's name, which
// its viewers know. It tells nothing of the property, and stays the same
// whatever else the configuration says.
func numberOf(name string, aliases []string) string {
	for _, a := range aliases {
		if m := oldID.FindStringSubmatch(a); m != nil {
			return m[1]
		}
	}
	sum := sha256.Sum256([]byte("view " + name))
	n := binary.BigEndian.Uint64(sum[:8])
	return strconv.FormatUint(firstNumber+n%(pastNumbers-firstNumber), 10)
}

// checkNumbers makes sure that a number made of a view's name means nothing else.
func (r *Rules) checkNumbers() (errs []error) {
	taken := map[string]string{}
	for _, v := range r.views {
		taken[v.Name], taken[v.Property] = "a view's name", "a property id"
		for _, a := range v.Aliases {
			taken[a] = "an alias of view " + v.Name
		}
	}
	for _, v := range r.views {
		if v.aliased() {
			continue
		}
		for _, id := range []string{v.number, "ga:" + v.number} {
			if what, ok := taken[id]; ok {
				errs = append(errs, fmt.Errorf("view %q: the id ga:%s, made of its name, is %s already: give it an id under aliases, such as ga:1", v.Name, v.number, what))
			}
		}
		taken["ga:"+v.number] = "that of view " + v.Name
	}
	return errs
}

// aliased reports whether the view's number is one of its aliases.
func (v *View) aliased() bool {
	for _, a := range v.Aliases {
		if oldID.MatchString(a) {
			return true
		}
	}
	return false
}
