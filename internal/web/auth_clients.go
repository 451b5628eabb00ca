package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// clients tells the addresses of those who ask.
type clients struct {
	trusted []netip.Prefix
}

// key returns what one client is limited by: its IPv4 address, or the first one
// of its IPv6 /64.
func (c clients) key(r *http.Request) netip.Addr { return Network(c.addr(r)) }

// Network returns the address that stands for one client in limits: an IPv4
// address itself, of an IPv6 address the first one of its /64, all of which one
// machine may have.
func Network(addr netip.Addr) netip.Addr { return first(addr.Unmap().WithZone(""), 64) }

// siteOf returns the first address of the IPv6 /48 that a client's network is part
// of, as anybody can rent one; not valid for IPv4.
func siteOf(network netip.Addr) netip.Addr {
	if !network.Is6() {
		return netip.Addr{}
	}
	return first(network, 48)
}

func first(addr netip.Addr, bits int) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	net, err := addr.Prefix(bits)
	if err != nil {
		return addr
	}
	return net.Addr()
}

// addr returns the address of the client: the peer's, or, when the peer is a
// trusted proxy, the last one in X-Forwarded-For that is not a trusted proxy.
// What stands left of that one could have been written by the client. No other
// header of proxies is believed: what scheme and host browsers use, PublicURL says.
func (c clients) addr(r *http.Request) netip.Addr {
	addr := peer(r.RemoteAddr)
	if !c.trusts(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.trusts(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next.Unmap().WithZone("")
	}
	return addr
}

func (c clients) trusts(addr netip.Addr) bool {
	for _, p := range c.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func peer(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
