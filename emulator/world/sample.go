package world

import "math/rand/v2"

// A sampler draws indexes in proportion to weights in constant time (Walker's
// alias method).
type sampler struct {
	keep  []float64 // chance that a cell keeps the draw
	alias []int32   // who gets it else
}

func newSampler(weights []float64) sampler {
	n := len(weights)
	s := sampler{keep: make([]float64, n), alias: make([]int32, n)}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	var small, large []int32
	for i, w := range weights {
		s.alias[i] = int32(i)
		s.keep[i] = w / sum * float64(n)
		if s.keep[i] < 1 {
			small = append(small, int32(i))
		} else {
			large = append(large, int32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		l, g := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		s.alias[l] = g
		s.keep[g] -= 1 - s.keep[l]
		if s.keep[g] < 1 {
			large = large[:len(large)-1]
			small = append(small, g)
		}
	}
	for _, i := range append(small, large...) {
		s.keep[i] = 1 // what rounding left over
	}
	return s
}

func (s sampler) draw(r *rand.Rand) int {
	x := r.Float64() * float64(len(s.keep))
	i := int(x)
	if x-float64(i) < s.keep[i] {
		return i
	}
	return int(s.alias[i])
}

// fit scales a table of guesses, rows × columns, until its margins are those
// given (iterative proportional fitting): a joint distribution that keeps both
// tables of the source though the source publishes them apart.
func fit(guess [][]float64, rows, cols []float64) [][]float64 {
	rows, cols = normal(rows), normal(cols)
	for range 60 {
		for i, row := range guess {
			scale(row, rows[i]/max(total(row), 1e-300))
		}
		for j := range cols {
			sum := 0.0
			for _, row := range guess {
				sum += row[j]
			}
			for _, row := range guess {
				row[j] *= cols[j] / max(sum, 1e-300)
			}
		}
	}
	return guess
}

func normal(w []float64) []float64 {
	out := append([]float64(nil), w...)
	scale(out, 1/total(out))
	return out
}

func scale(w []float64, by float64) {
	for i := range w {
		w[i] *= by
	}
}

func total(w []float64) float64 {
	sum := 0.0
	for _, x := range w {
		sum += x
	}
	return sum
}
