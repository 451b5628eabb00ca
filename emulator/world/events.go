package world

// Events calls yield for each event of a site in order of time until it returns
// false. It does nothing for a property that the world does not have.
func (w *World) Events(property string, yield func(Event) bool) {
	s := w.site(property)
	if s == nil {
		return
	}
	for i, t := range s.events.time {
		row := s.events.session[i]
		e := Event{
			Time:    s.clock.time(t),
			User:    s.sessions.user[row],
			Session: row,
			Name:    eventName(s.events.name[i]),
			Engaged: int(s.events.engaged[i]),
			Value:   func(dimension string) string { return s.valueOf(i, dimension) },
			Number:  func(metric string) float64 { return s.numberOf(i, metric) },
		}
		if line, ok := s.line(i); ok {
			e.Items, e.Cents = int64(lineQuantity(line)), s.cents(line)
		}
		if !yield(e) {
			return
		}
	}
}

// numberOf returns what an event carries for a custom metric, 0 when there is none.
func (s *site) numberOf(event int, metric string) float64 {
	if _, d, ok := s.customMetric(metric, 0); ok {
		return float64(s.customNumber(d, event))
	}
	return 0
}

// valueOf returns a dimension of an event, "" when there is no such dimension.
func (s *site) valueOf(event int, dimension string) string {
	a, ok := s.catalog.attributes[dimension]
	if !ok {
		return ""
	}
	if a.fromClock != nil {
		return a.value(a.fromClock(s.clock.at(s.events.time[event])))
	}
	var code [1]uint32
	a.read(event, code[:])
	return a.value(code[0])
}
