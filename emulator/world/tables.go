package world

// Event names that the world knows, by code.
const (
	pageView uint8 = iota
	sessionStart
	firstVisit
	userEngagement
	scroll
	click
	fileDownload
	viewSearchResults
	viewItem
	addToCart
	beginCheckout
	purchase
	formSubmit
	signUp
	eventNames // how many
)

// eventName returns the name that Google Analytics gives an event.
func eventName(code uint8) string {
	return [eventNames]string{
		"page_view", "session_start", "first_visit", "user_engagement", "scroll", "click", "file_download",
		"view_search_results", "view_item", "add_to_cart", "begin_checkout", "purchase", "form_submit", "sign_up",
	}[code]
}

// never is an offset that no moment of a session reaches.
const never = 1<<16 - 1

// maxSession is the longest that a session can be, in seconds.
const maxSession = 4*3600 - 1

// events has one element per event in each column, in order of time.
type events struct {
	time     []uint32 // seconds since the clock's base
	session  []uint32 // row of sessions
	name     []uint8
	page     []uint16 // row of the profile's pages
	referrer []uint16 // code of the catalog's referrers
	detail   []uint32 // by name: link, file, item of a cart line, order
	engaged  []uint16 // seconds of engagement that the event reports
}

// sessions are in order of their start.
type sessions struct {
	user      []uint32
	start     []uint32
	length    []uint16 // from the first event to the last, seconds
	engagedAt []uint16 // offset of the event that makes the session engaged, or never
	activeAt  []uint16 // offset of the event that makes its user active, or never
	landing   []uint16 // page
	source    []uint8
	isNew     []bool // the user's first
}

// users are in order of their first session in the world.
type users struct {
	firstDay    []int16 // day of the first session; negative before the world begins
	firstSource []uint8
	place       []uint16
	gear        []uint16
	screen      []uint8
	language    []uint8
	age         []uint8
	gender      []uint8
	signedIn    []uint8
}

// An order is one purchase.
type order struct {
	line  uint32 // product and quantity
	first bool   // the user's first
}

// A line of a cart packs a product and how many of it.
func cartLine(product, quantity int) uint32 { return uint32(product)<<8 | uint32(quantity) }

func lineProduct(line uint32) int  { return int(line >> 8) }
func lineQuantity(line uint32) int { return int(line & 0xff) }

func makeEvents(n int) events {
	return events{
		time: make([]uint32, n), session: make([]uint32, n), name: make([]uint8, n), page: make([]uint16, n),
		referrer: make([]uint16, n), detail: make([]uint32, n), engaged: make([]uint16, n),
	}
}

func makeSessions(n int) sessions {
	return sessions{
		user: make([]uint32, n), start: make([]uint32, n), length: make([]uint16, n), engagedAt: make([]uint16, n),
		activeAt: make([]uint16, n), landing: make([]uint16, n), source: make([]uint8, n), isNew: make([]bool, n),
	}
}
