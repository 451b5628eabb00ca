package world

import "fmt"

// A Derived is a dimension that a query makes of others. Its name may be given to
// Dimensions and Match; where it is that of a dimension of the world, it takes its place.
type Derived struct {
	Name string
	From []string // dimensions of the world
	// Value returns the value for those of From. It is called once per combination.
	Value func(values []string) string
}

// anySize is the size of an attribute whose values are not known beforehand: there are
// fewer events than that.
const anySize = 1 << 31

// A compound is an attribute made of others: their codes are numbered pair by pair, then
// by the value that they make.
type compound struct {
	parts  []attribute
	join   func(values []string) string
	pairs  []map[uint64]uint32 // for each part but the first: code so far and its own → code
	before [][]uint64          // the pairs by code
	lut    []uint32            // 1 + value's code, by the last code; 0 for unknown
	codes  map[string]uint32
	values []string
	own    []uint32 // codes of one part
}

// derived returns the attribute of a Derived for a range that begins on day start.
func (q *query) derived(d Derived, start int) (attribute, error) {
	if d.Value == nil {
		return attribute{}, fmt.Errorf("the derived dimension %q has no Value", d.Name)
	}
	c := &compound{join: d.Value, codes: map[string]uint32{}, own: make([]uint32, blockSize)}
	for i, name := range d.From {
		a, err := q.plain(name, start)
		if err != nil {
			return attribute{}, err
		}
		c.parts = append(c.parts, a)
		if i > 0 {
			c.pairs, c.before = append(c.pairs, map[uint64]uint32{}), append(c.before, nil)
		}
	}
	return attribute{size: anySize, value: func(code uint32) string { return c.values[code] }, compound: c}, nil
}

// read fills dst, given how to read the codes of a part.
func (c *compound) read(dst []uint32, part func(a attribute, dst []uint32)) {
	clear(dst)
	own := c.own[:len(dst)]
	for n, a := range c.parts {
		part(a, own)
		if n == 0 {
			copy(dst, own)
			continue
		}
		for i := range dst {
			dst[i] = c.number(n-1, uint64(dst[i])<<32|uint64(own[i]))
		}
	}
	for i, code := range dst {
		dst[i] = c.valueCode(code)
	}
}

func (c *compound) number(n int, pair uint64) uint32 {
	code, ok := c.pairs[n][pair]
	if !ok {
		code = uint32(len(c.before[n]))
		c.pairs[n][pair] = code
		c.before[n] = append(c.before[n], pair)
	}
	return code
}

func (c *compound) valueCode(code uint32) uint32 {
	for int(code) >= len(c.lut) {
		c.lut = append(c.lut, make([]uint32, 1+int(code)-len(c.lut))...)
	}
	if c.lut[code] == 0 {
		value := c.join(c.sources(code))
		known, ok := c.codes[value]
		if !ok {
			known = uint32(len(c.values))
			c.codes[value] = known
			c.values = append(c.values, value)
		}
		c.lut[code] = 1 + known
	}
	return c.lut[code] - 1
}

// sources returns the values that a code stands for.
func (c *compound) sources(code uint32) []string {
	values := make([]string, len(c.parts))
	for n := len(c.parts) - 1; n >= 0; n-- {
		own := code
		if n > 0 {
			pair := c.before[n-1][code]
			own, code = uint32(pair), uint32(pair>>32)
		}
		values[n] = c.parts[n].value(own)
	}
	return values
}

// dated reports whether a dimension of the query names the day.
func (q *query) dated(name string) bool {
	for _, d := range q.Derived {
		if d.Name == name {
			for _, from := range d.From {
				if isDated(from) {
					return true
				}
			}
			return false
		}
	}
	return isDated(name)
}
