package world

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// notSet is what Google Analytics writes where nothing is known.
const notSet = "(not set)"

// gear is what a user browses with.
type gear struct {
	device, browser, system, version string
	brand, model                     string
	w                                float64
}

// A spoken is a language as a browser names it.
type spoken struct{ language, code string }

// people draws users: tables of the source that are published apart are joined so
// that phones have phone screens and Poles speak Polish, and each keeps its margin.
type people struct {
	places    []place
	gears     []gear
	screens   []string
	languages []spoken

	place     sampler
	gear      sampler
	screen    map[string]sampler // by device
	language  []sampler          // by country of the profile, over the profile's languages
	variant   [][]uint8          // by country and language: row of languages
	age, gend sampler
}

func ageBrackets() []string {
	return []string{"unknown", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"}
}
func genders() []string { return []string{"unknown", "male", "female"} }

func newPeople(p *profile) (*people, error) {
	places, err := placesOf(p.countries)
	if err != nil {
		return nil, err
	}
	out := &people{places: places, gears: gearsOf(p), screen: map[string]sampler{}}
	out.place = newSampler(column(places, func(x place) float64 { return x.w }))
	out.gear = newSampler(column(out.gears, func(x gear) float64 { return x.w }))
	// Made up: the source has no ages; most users' are unknown, as in most properties.
	out.age = newSampler([]float64{62, 4, 9, 8, 7, 6, 4})
	out.gend = newSampler([]float64{62, 19, 19})
	out.drawScreens(p)
	out.drawLanguages(p)
	return out, nil
}

func weights(table []weight) []float64 { return column(table, func(w weight) float64 { return w.w }) }

// guess builds the table of guesses that fit starts from.
func guess[R, C any](rows []R, cols []C, f func(R, C) float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = column(cols, func(c C) float64 { return f(r, c) })
	}
	return out
}

func (o *people) drawScreens(p *profile) {
	joint := fit(guess(p.devices, p.screens, func(d, s weight) float64 { return screenOn(d.name, s.name) }), weights(p.devices), weights(p.screens))
	for i, d := range p.devices {
		o.screen[d.name] = newSampler(joint[i])
	}
	for _, s := range p.screens {
		o.screens = append(o.screens, s.name)
	}
}

// screenOn is how likely a resolution is on a kind of device.
func screenOn(device, resolution string) float64 {
	w, h, _ := strings.Cut(resolution, "x")
	width, _ := strconv.Atoi(w)
	height, _ := strconv.Atoi(h)
	kind := "desktop"
	switch {
	case width <= 480:
		kind = "mobile"
	case width < height:
		kind = "tablet"
	}
	if kind == device || device == "smart tv" && resolution == "1920x1080" {
		return 1
	}
	return 0.004
}

func (o *people) drawLanguages(p *profile) {
	row := map[spoken]uint8{}
	joint := fit(guess(p.countries, p.languages, func(c, l weight) float64 { return spokenIn(c.name, l.name) }), weights(p.countries), weights(p.languages))
	for i, c := range p.countries {
		o.language = append(o.language, newSampler(joint[i]))
		var variants []uint8
		for _, l := range p.languages {
			v := variantOf(l.name, c.name)
			if _, ok := row[v]; !ok {
				row[v] = uint8(len(o.languages))
				o.languages = append(o.languages, v)
			}
			variants = append(variants, row[v])
		}
		o.variant = append(o.variant, variants)
	}
}

func spokenIn(countryName, language string) float64 {
	c, _ := countryNamed(countryName)
	for i, l := range strings.Fields(c.languages) {
		if l == language {
			return 1 / float64(1+3*i)
		}
	}
	if language == "English" {
		return 0.1
	}
	return 0.003
}

// languageCodes are the codes of browsers, the usual one first.
func languageCodes() map[string]string {
	return map[string]string{
		"Arabic": "ar ar-iq ar-ma", "Chinese": "zh-cn zh-hk zh-sg", "Dutch": "nl-nl nl-be", "English": "en-us en-gb en-nz en-au en-ca en-in en-ie en-za",
		"French": "fr-fr fr-ca fr-be", "German": "de-de", "Hungarian": "hu-hu", "Italian": "it-it", "Japanese": "ja-jp", "Korean": "ko-kr",
		"Polish": "pl-pl", "Portuguese": "pt-br pt-pt", "Russian": "ru-ru", "Spanish": "es-us es-es es-mx es-ar es-co es-cl es-pe", "Swedish": "sv-se",
		"Turkish": "tr-tr", "Ukrainian": "uk-ua", "Vietnamese": "vi-vn",
	}
}

// variantOf is the language as it is set in a country.
func variantOf(language, countryName string) spoken {
	c, _ := countryNamed(countryName)
	codes := strings.Fields(languageCodes()[language])
	for _, code := range codes {
		if strings.HasSuffix(code, "-"+strings.ToLower(c.id)) {
			return spoken{language, code}
		}
	}
	return spoken{language, codes[0]}
}

// gearsOf joins devices, browsers, systems, their versions and models.
func gearsOf(p *profile) []gear {
	joint := fit(guess(p.devices, p.tech, func(d weight, t techWeight) float64 { return systemOn(d.name, t.system) }),
		weights(p.devices), column(p.tech, func(t techWeight) float64 { return t.w }))
	var out []gear
	for i, d := range p.devices {
		for j, t := range p.tech {
			if joint[i][j] < 1e-7 {
				continue
			}
			for _, v := range versionsOf(t.system) {
				for _, m := range modelsOf(d.name, t.system) {
					brand, model, _ := strings.Cut(m.name, "/")
					out = append(out, gear{d.name, t.browser, t.system, v.name, brand, model, joint[i][j] * v.w * m.w})
				}
			}
		}
	}
	return out
}

// systemOn is how likely a system is on a kind of device.
func systemOn(device, system string) float64 {
	switch system + " on " + device {
	case "iOS on mobile", "Android on mobile", "Windows on desktop", "Macintosh on desktop", "Chrome OS on desktop", "Linux on desktop":
		return 1
	case "iOS on tablet", "Android on tablet":
		return 0.05
	case "Macintosh on tablet", "Linux on smart tv", "Android on smart tv":
		return 0.02
	}
	return 0.0005
}

// versionsOf is made up: the source publishes systems without versions.
func versionsOf(system string) []weight {
	switch system {
	case "Windows":
		return []weight{{"10", 0.63}, {"11", 0.35}, {"7", 0.02}}
	case "iOS":
		return []weight{{"17.2", 0.5}, {"17.1.2", 0.2}, {"16.6.1", 0.2}, {"15.8", 0.1}}
	case "Android":
		return []weight{{"14", 0.25}, {"13", 0.4}, {"12", 0.2}, {"11", 0.15}}
	case "Macintosh":
		return []weight{{"Intel 10.15", 0.9}, {"Intel 10.14", 0.1}}
	case "Chrome OS":
		return []weight{{"14541.0.0", 1}}
	}
	return []weight{{notSet, 1}}
}

// modelsOf returns brand/model; made up, after the models that
// device_model.json lists most.
func modelsOf(device, system string) []weight {
	switch {
	case system == "iOS" && device == "tablet":
		return []weight{{"Apple/iPad", 1}}
	case system == "iOS":
		return []weight{{"Apple/iPhone", 1}}
	case system == "Android" && device == "tablet":
		return []weight{{"Samsung/SM-T220", 0.4}, {"Amazon/KFTRWI", 0.3}, {"Samsung/SM-X200", 0.3}}
	case system == "Android" && device == "mobile":
		return []weight{
			{"Samsung/SM-S918U", 0.2}, {"Samsung/SM-S908U", 0.18}, {"Samsung/SM-A146U", 0.12}, {"Samsung/SM-G998U", 0.1},
			{"Google/Pixel 7", 0.12}, {"Google/Pixel 6", 0.08}, {"Motorola/moto g power", 0.1}, {"OnePlus/CPH2459", 0.04}, {"Xiaomi/22101316UG", 0.06},
		}
	case system == "Macintosh":
		return []weight{{"Apple/" + notSet, 1}}
	}
	return []weight{{notSet + "/" + notSet, 1}}
}

// usersPerTask is how many users one task fills in.
const usersPerTask = 8192

// fill draws what n users are like.
func (u *users) fill(s *site, n int) {
	u.place, u.gear = make([]uint16, n), make([]uint16, n)
	u.screen, u.language = make([]uint8, n), make([]uint8, n)
	u.age, u.gender, u.signedIn = make([]uint8, n), make([]uint8, n), make([]uint8, n)
	var tasks []func()
	for from := 0; from < n; from += usersPerTask {
		tasks = append(tasks, func() {
			r := s.rand(streamUser, from)
			for i := from; i < min(from+usersPerTask, n); i++ {
				u.draw(s.people, i, r)
			}
		})
	}
	parallel(tasks)
}

func (u *users) draw(p *people, i int, r *rand.Rand) {
	place, gear := p.place.draw(r), p.gear.draw(r)
	country := p.places[place].countryIndex
	u.place[i] = uint16(place)
	u.gear[i] = uint16(gear)
	u.screen[i] = uint8(p.screen[p.gears[gear].device].draw(r))
	u.language[i] = p.variant[country][p.language[country].draw(r)]
	u.age[i] = uint8(p.age.draw(r))
	u.gender[i] = uint8(p.gend.draw(r))
	if r.Float64() < 0.12 { // made up
		u.signedIn[i] = 1
	}
}
