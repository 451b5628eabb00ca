package world

import "math/bits"

// groups says which group each picked event belongs to.
type groups struct {
	n     int
	of    []int32 // by position in the picked events
	first []int32 // of each group, the position of its first event
	keys  *keys
	// find returns the group of a key, or -1.
	find   func(key uint64) int32
	values func(picked []uint32, g int) []string
}

func oneGroup(n int) groups {
	return groups{n: 1, of: make([]int32, n)}
}

// denseKeys is up to how many combinations of values groups are looked up in an
// array rather than a map.
const denseKeys = 1 << 20

// groupBy puts events with the same values of the query's dimensions together.
func (q *query) groupBy(picked []uint32, start int) (groups, error) {
	k, err := q.newKeys(start)
	if err != nil {
		return groups{}, err
	}
	g := groups{of: make([]int32, len(picked)), keys: k}
	find, add := newIndex(k.size)
	g.find = find
	for at := 0; at < len(picked); at += blockSize {
		if err := q.ctx.Err(); err != nil {
			return groups{}, err
		}
		block := picked[at:min(at+blockSize, len(picked))]
		for i, key := range k.of(block) {
			id := find(key)
			if id < 0 {
				id = int32(g.n)
				add(key, id)
				g.first = append(g.first, int32(at+i))
				g.n++
			}
			g.of[at+i] = id
		}
	}
	g.values = func(picked []uint32, id int) []string {
		out := make([]string, len(k.attributes))
		var code [1]uint32
		for i, a := range k.attributes {
			q.read(a, int(picked[g.first[id]]), code[:])
			out[i] = a.value(code[0])
		}
		return out
	}
	return g, nil
}

// newIndex returns how to find and add groups by keys below size; 0 means any.
func newIndex(size uint64) (find func(uint64) int32, add func(uint64, int32)) {
	if size > 0 && size <= denseKeys {
		ids := make([]int32, size)
		return func(key uint64) int32 { return ids[key] - 1 }, func(key uint64, id int32) { ids[key] = id + 1 }
	}
	ids := map[uint64]int32{}
	return func(key uint64) int32 {
		if id, ok := ids[key]; ok {
			return id
		}
		return -1
	}, func(key uint64, id int32) { ids[key] = id }
}

// keys packs the codes of several attributes into one number. Where the product of
// their sizes does not fit, what is packed so far is renumbered.
type keys struct {
	q          *query
	attributes []attribute
	size       uint64              // product of the sizes; 0 when it is too large
	renumber   []map[uint64]uint64 // before each attribute; nil where the product fits
	shift      uint32              // days to move events on, for dimensions of time
	codes      [blockSize]uint32
	out        [blockSize]uint64
}

func (q *query) newKeys(start int) (*keys, error) {
	k := &keys{q: q, size: 1}
	product := uint64(1)
	for _, name := range q.Dimensions {
		a, err := q.attribute(name, start)
		if err != nil {
			return nil, err
		}
		var fresh map[uint64]uint64
		high, low := bits.Mul64(product, uint64(a.size))
		if high != 0 || low > 1<<62 {
			fresh = map[uint64]uint64{}
			product = anySize // there are fewer events than that
			low = product * uint64(a.size)
			k.size = 0
		}
		product = low
		if k.size > 0 {
			k.size = product
		}
		k.attributes = append(k.attributes, a)
		k.renumber = append(k.renumber, fresh)
	}
	return k, nil
}

// of returns the keys of a block of events; they are good until the next call.
func (k *keys) of(block []uint32) []uint64 {
	out := k.out[:len(block)]
	clear(out)
	codes := k.codes[:len(block)]
	for n, a := range k.attributes {
		k.readPicked(a, block, codes)
		if ids := k.renumber[n]; ids != nil {
			for i, key := range out {
				id, ok := ids[key]
				if !ok {
					id = uint64(len(ids))
					ids[key] = id
				}
				out[i] = id
			}
		}
		for i, code := range codes {
			out[i] = out[i]*uint64(a.size) + uint64(code)
		}
	}
	return out
}

// readPicked reads codes of events that need not follow each other.
func (k *keys) readPicked(a attribute, block, codes []uint32) {
	if a.compound != nil {
		a.compound.read(codes, func(part attribute, codes []uint32) { k.readPicked(part, block, codes) })
		return
	}
	if a.fromClock != nil {
		for i, e := range block {
			codes[i] = a.fromClock(k.q.clock.at(k.q.events.time[e]) + k.shift*minutesADay)
		}
		return
	}
	if n := len(block); n > 0 && int(block[n-1]-block[0]) == n-1 {
		a.read(int(block[0]), codes)
		return
	}
	for i, e := range block {
		a.read(int(e), codes[i:i+1])
	}
}
