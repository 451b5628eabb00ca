package world

import (
	"strconv"
)

// addItems defines the dimensions of what is looked at, put into carts and
// bought.
func (c *catalog) addItems(s *site) {
	products := s.how.products
	item := func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = 0
			if line, ok := s.line(from + i); ok {
				dst[i] = 1 + uint32(lineProduct(line))
			}
		}
	}
	for name, value := range map[string]func(product) string{
		"itemId":       func(p product) string { return p.id },
		"itemName":     func(p product) string { return p.name },
		"itemCategory": func(p product) string { return p.category },
	} {
		c.add(name, item, 1+len(products), func(i int) string {
			if i == 0 {
				return notSet
			}
			return value(products[i-1])
		})
	}
	c.attributes["transactionId"] = attribute{
		size: anySize,
		value: func(code uint32) string {
			if code == 0 {
				return notSet
			}
			return strconv.Itoa(100000 + int(code))
		},
		read: func(from int, dst []uint32) {
			for i := range dst {
				dst[i] = 0
				if s.events.name[from+i] == purchase {
					dst[i] = 1 + s.events.detail[from+i]
				}
			}
		},
	}
}

// line returns the cart line of an event, if it has one.
func (s *site) line(event int) (uint32, bool) {
	switch s.events.name[event] {
	case viewItem, addToCart, beginCheckout:
		return s.events.detail[event], true
	case purchase:
		return s.orders[s.events.detail[event]].line, true
	}
	return 0, false
}

// cents is the value of a cart line.
func (s *site) cents(line uint32) int64 {
	return s.how.products[lineProduct(line)].cents * int64(lineQuantity(line))
}
