package access

// HostOf returns the name of the host whose API key is shown, for limits: what it may
// do, the method that it asks decides.
func (a *Authority) HostOf(apiKey string) (name string, ok bool) {
	by, ok := a.byAPIKey(apiKey)
	return by.host.Name, ok
}
