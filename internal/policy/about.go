package policy

// About returns the name of the view that an address is about, which names a view
// (by name, alias or property id), or a dashboard over a view, empty for its
// first. It is empty when the grant does not open that view, or the address names
// none.
func (g Grant) About(view, dashboard string) string {
	views := g.views
	if dashboard != "" {
		o, err := g.dashboard(dashboard)
		if err != nil {
			return ""
		}
		if views = o.views; view == "" {
			return views[0].Name
		}
	}
	if view == "" {
		return ""
	}
	v, err := resolve(views, view)
	if err != nil {
		return ""
	}
	return v.Name
}
