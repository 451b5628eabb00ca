package report

// maxComparisons bounds what one request costs: each comparison is a report.
const maxComparisons = 10

// checkExpressions checks that expressions can be parsed, since what cannot be parsed cannot be allowed, and that aliases
// are as Google allows.
func (q Query) checkExpressions() error {
	for _, d := range q.Dimensions {
		if err := d.checkExpression(); err != nil {
			return err
		}
	}
	for _, m := range q.Metrics {
		if err := m.checkExpression(); err != nil {
			return err
		}
	}
	return nil
}

func (d Dimension) checkExpression() error {
	e := d.Expression
	switch {
	case e == nil:
		return nil
	case countTrue(e.LowerCase != nil, e.UpperCase != nil, e.Concatenate != nil) != 1:
		return Errorf(Invalid, "The dimensionExpression of %s needs exactly one of lowerCase, upperCase and concatenate.", quote(d.Name))
	case e.Concatenate != nil && len(e.Concatenate.DimensionNames) == 0:
		return Errorf(Invalid, "The concatenate of dimension %s needs dimensionNames.", quote(d.Name))
	case e.Concatenate != nil && len(e.Concatenate.DimensionNames) > MaxDimensions:
		return Errorf(Invalid, "The concatenate of dimension %s is limited to %d dimensionNames.", quote(d.Name), MaxDimensions)
	case e.Concatenate != nil && len(e.Concatenate.Delimiter) > maxLabel:
		return Errorf(Invalid, "The delimiter of dimension %s is longer than %d bytes.", quote(d.Name), maxLabel)
	}
	for _, name := range e.fields() {
		if !fieldName.MatchString(name) {
			return invalidField("dimension", name)
		}
	}
	return checkAlias("dimension", d.Name)
}

func (m Metric) checkExpression() error {
	if m.Expression == "" {
		return nil
	}
	if _, err := ParseExpression(m.Expression); err != nil {
		return Errorf(Invalid, "The expression %s of metric %s is %s.", quote(m.Expression), quote(m.Name), err)
	}
	if !m.hasAlias() {
		return nil
	}
	return checkAlias("metric", m.Name)
}

func checkAlias(kind, name string) error {
	switch {
	case name == "":
		return Errorf(Invalid, "A %s with an expression needs a name.", kind)
	case !aliasName.MatchString(name):
		return Errorf(Invalid, "The name %s of a %s with an expression is not valid: use letters, digits and _.", quote(name), kind)
	case name == RangeColumn, name == ComparisonColumn:
		return Errorf(Invalid, "The name %s is that of a column that reports add: choose another name for the expression.", name)
	}
	return nil
}

func (q Query) checkComparisons() error {
	switch {
	case q.Realtime && len(q.Comparisons) > 0:
		return Errorf(Invalid, "A realtime report has no comparisons.")
	case len(q.Comparisons) > maxComparisons:
		return Errorf(Invalid, "Oriel answers requests of up to %d comparisons. This request contains %d comparisons.", maxComparisons, len(q.Comparisons))
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
