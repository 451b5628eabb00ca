package report

// maxCompared bounds what one request costs: each comparison is a report.
const maxCompared = 10

// checkExpressions holds the names that a query chooses to what Google allows, and
// expressions to what can be read: what cannot be read cannot be allowed.
func (q Query) checkExpressions() *Error {
	for _, d := range q.Dimensions {
		if d.Expression == nil {
			continue
		}
		if err := d.check(); err != nil {
			return err
		}
	}
	for _, m := range q.Metrics {
		if m.Expression == "" {
			continue
		}
		if err := m.check(); err != nil {
			return err
		}
	}
	return nil
}

func (d Dimension) check() *Error {
	e := d.Expression
	set := 0
	for _, is := range []bool{e.LowerCase != nil, e.UpperCase != nil, e.Concatenate != nil} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return Errorf(Invalid, "The dimensionExpression of %s needs exactly one of lowerCase, upperCase and concatenate.", quote(d.Name))
	case e.Concatenate != nil && len(e.Concatenate.DimensionNames) == 0:
		return Errorf(Invalid, "The concatenate of dimension %s needs dimensionNames.", quote(d.Name))
	case e.Concatenate != nil && len(e.Concatenate.DimensionNames) > MaxDimensions:
		return Errorf(Invalid, "The concatenate of dimension %s is limited to %d dimensionNames.", quote(d.Name), MaxDimensions)
	case e.Concatenate != nil && len(e.Concatenate.Delimiter) > maxLabel:
		return Errorf(Invalid, "The delimiter of dimension %s is longer than %d bytes.", quote(d.Name), maxLabel)
	}
	for _, name := range e.reads() {
		if !fieldName.MatchString(name) {
			return invalidField("dimension", name)
		}
	}
	return checkChosen("dimension", d.Name)
}

func (m Metric) check() *Error {
	if _, err := ParseExpression(m.Expression); err != nil {
		return Errorf(Invalid, "The expression %s of metric %s is %s.", quote(m.Expression), quote(m.Name), err)
	}
	if !m.chosen() {
		return nil
	}
	return checkChosen("metric", m.Name)
}

func checkChosen(kind, name string) *Error {
	switch {
	case name == "":
		return Errorf(Invalid, "A %s with an expression needs a name.", kind)
	case !chosenName.MatchString(name):
		return Errorf(Invalid, "The name %s of a %s with an expression is not valid: use letters, digits and _.", quote(name), kind)
	case name == RangeColumn, name == ComparisonColumn:
		return Errorf(Invalid, "The name %s is that of a column that reports add: choose another name for the expression.", name)
	}
	return nil
}

func (q Query) checkComparisons() *Error {
	switch {
	case q.Realtime && len(q.Comparisons) > 0:
		return Errorf(Invalid, "A realtime report has no comparisons.")
	case len(q.Comparisons) > maxCompared:
		return Errorf(Invalid, "Oriel answers requests of up to %d comparisons. This request contains %d comparisons.", maxCompared, len(q.Comparisons))
	}
	for _, c := range q.Comparisons {
		switch {
		case len(c.Name) > maxLabel:
			return Errorf(Invalid, "The name %s of a comparison is longer than %d bytes.", quote(c.Name), maxLabel)
		case c.DimensionFilter == nil:
			return Errorf(Invalid, "The comparison %s needs a dimensionFilter.", quote(c.Name))
		}
		if err := c.DimensionFilter.check(1); err != nil {
			return err
		}
	}
	return nil
}
