package world

import (
	"fmt"
	"strconv"
	"strings"
)

// A country with its place in the UN M49 scheme that Google Analytics uses.
type country struct {
	name, id, continent string
	languages           string // spoken there, the most common first
	cities              string // city/region, the largest first
}

// continentID returns the UN M49 code.
func continentID(continent string) string {
	return map[string]string{"Africa": "002", "Americas": "019", "Asia": "142", "Europe": "150", "Oceania": "009"}[continent]
}

// countries holds those that the profiles name. Names are written as Google
// Analytics writes them, without accents but for a few.
func countries() []country {
	return []country{
		{"Argentina", "AR", "Americas", "Spanish", "Buenos Aires/Buenos Aires,Cordoba/Cordoba,Rosario/Santa Fe Province"},
		{"Australia", "AU", "Oceania", "English", "Sydney/New South Wales,Melbourne/Victoria,Brisbane/Queensland,Perth/Western Australia,Adelaide/South Australia,Hobart/Tasmania"},
		{"Bangladesh", "BD", "Asia", "English", "Dhaka/Dhaka Division,Chittagong/Chittagong Division"},
		{"Belgium", "BE", "Europe", "Dutch French", "Brussels/Brussels,Antwerp/Flanders,Ghent/Flanders"},
		{"Brazil", "BR", "Americas", "Portuguese", "Sao Paulo/State of Sao Paulo,Rio de Janeiro/State of Rio de Janeiro,Belo Horizonte/State of Minas Gerais"},
		{"Canada", "CA", "Americas", "English French", "Toronto/Ontario,Montreal/Quebec,Vancouver/British Columbia,Calgary/Alberta,Ottawa/Ontario"},
		{"Chile", "CL", "Americas", "Spanish", "Santiago/Santiago Metropolitan Region,Valparaiso/Valparaiso"},
		{"China", "CN", "Asia", "Chinese", "Shanghai/Shanghai,Beijing/Beijing,Shenzhen/Guangdong Province"},
		{"Colombia", "CO", "Americas", "Spanish", "Bogota/Bogota,Medellin/Antioquia,Cali/Valle del Cauca"},
		{"Costa Rica", "CR", "Americas", "Spanish", "San Jose/San Jose Province"},
		{"Czechia", "CZ", "Europe", "English German", "Prague/Prague,Brno/South Moravian Region"},
		{"Dominican Republic", "DO", "Americas", "Spanish", "Santo Domingo/Distrito Nacional,Santiago De Los Caballeros/Santiago Province"},
		{"Ecuador", "EC", "Americas", "Spanish", "Quito/Pichincha,Guayaquil/Guayas"},
		{"El Salvador", "SV", "Americas", "Spanish", "San Salvador/San Salvador Department"},
		{"France", "FR", "Europe", "French", "Paris/Ile-de-France,Lyon/Auvergne-Rhone-Alpes,Marseille/Provence-Alpes-Cote d'Azur,Asnieres-sur-Seine/Ile-de-France"},
		{"Germany", "DE", "Europe", "German", "Berlin/Berlin,Hamburg/Hamburg,Munich/Bavaria,Frankfurt/Hesse,Cologne/North Rhine-Westphalia,Bremen/Bremen,Leipzig/Saxony,Stuttgart/Baden-Wurttemberg,Dusseldorf/North Rhine-Westphalia,Dresden/Saxony,Hanover/Lower Saxony,Kiel/Schleswig-Holstein,Nuremberg/Bavaria,Rostock/Mecklenburg-Vorpommern,Potsdam/Brandenburg,Mainz/Rhineland-Palatinate"},
		{"Greece", "GR", "Europe", "English", "Athens/Decentralized Administration of Attica,Thessaloniki/Decentralized Administration of Macedonia and Thrace"},
		{"Guatemala", "GT", "Americas", "Spanish", "Guatemala City/Guatemala Department"},
		{"Honduras", "HN", "Americas", "Spanish", "Tegucigalpa/Francisco Morazan Department"},
		{"Hong Kong", "HK", "Asia", "Chinese English", "Hong Kong/(not set)"},
		{"Hungary", "HU", "Europe", "Hungarian", "Budapest/Budapest"},
		{"India", "IN", "Asia", "English", "Mumbai/Maharashtra,Bengaluru/Karnataka,Delhi/Delhi,Hyderabad/Telangana,Chennai/Tamil Nadu"},
		{"Indonesia", "ID", "Asia", "English", "Jakarta/Jakarta,Surabaya/East Java"},
		{"Iraq", "IQ", "Asia", "Arabic", "Baghdad/Baghdad Governorate"},
		{"Ireland", "IE", "Europe", "English", "Dublin/County Dublin,Cork/County Cork"},
		{"Israel", "IL", "Asia", "English Russian", "Tel Aviv-Yafo/Tel Aviv District,Jerusalem/Jerusalem District"},
		{"Italy", "IT", "Europe", "Italian", "Milan/Lombardy,Rome/Lazio,Naples/Campania,Turin/Piedmont"},
		{"Jamaica", "JM", "Americas", "English", "Kingston/Kingston Parish"},
		{"Japan", "JP", "Asia", "Japanese", "Tokyo/Tokyo,Osaka/Osaka,Yokohama/Kanagawa"},
		{"Kenya", "KE", "Africa", "English", "Nairobi/Nairobi County"},
		{"Lithuania", "LT", "Europe", "English Russian", "Vilnius/Vilnius County"},
		{"Mexico", "MX", "Americas", "Spanish", "Mexico City/Mexico City,Guadalajara/Jalisco,Monterrey/Nuevo Leon"},
		{"Morocco", "MA", "Africa", "French Arabic", "Casablanca/Casablanca-Settat,Rabat/Rabat-Sale-Kenitra"},
		{"Netherlands", "NL", "Europe", "Dutch", "Amsterdam/North Holland,Rotterdam/South Holland,Utrecht/Utrecht"},
		{"New Zealand", "NZ", "Oceania", "English", "Auckland/Auckland,Wellington/Wellington,Christchurch/Canterbury,Hamilton/Waikato,Tauranga/Bay of Plenty,Dunedin/Otago,Palmerston North/Manawatu-Wanganui,Napier/Hawke's Bay,Nelson/Nelson,New Plymouth/Taranaki,Whangarei/Northland,Invercargill/Southland"},
		{"Nigeria", "NG", "Africa", "English", "Lagos/Lagos,Abuja/Federal Capital Territory"},
		{"Pakistan", "PK", "Asia", "English", "Karachi/Sindh,Lahore/Punjab,Islamabad/Islamabad Capital Territory"},
		{"Panama", "PA", "Americas", "Spanish", "Panama City/Panama Province"},
		{"Peru", "PE", "Americas", "Spanish", "Lima/Lima Region,Arequipa/Arequipa"},
		{"Philippines", "PH", "Asia", "English", "Quezon City/Metro Manila,Makati/Metro Manila,Cebu City/Central Visayas"},
		{"Poland", "PL", "Europe", "Polish", "Warsaw/Masovian Voivodeship,Krakow/Lesser Poland Voivodeship"},
		{"Portugal", "PT", "Europe", "Portuguese", "Lisbon/Lisbon,Porto/Porto District"},
		{"Puerto Rico", "PR", "Americas", "Spanish English", "San Juan/San Juan,Ponce/Ponce"},
		{"Russia", "RU", "Europe", "Russian", "Moscow/Moscow,Saint Petersburg/Saint Petersburg"},
		{"Singapore", "SG", "Asia", "English Chinese", "Singapore/(not set)"},
		{"South Africa", "ZA", "Africa", "English", "Johannesburg/Gauteng,Cape Town/Western Cape"},
		{"Spain", "ES", "Europe", "Spanish", "Madrid/Community of Madrid,Barcelona/Catalonia,Valencia/Valencian Community"},
		{"Sweden", "SE", "Europe", "Swedish", "Stockholm/Stockholm County,Gothenburg/Vastra Gotaland County"},
		{"Thailand", "TH", "Asia", "English", "Bangkok/Bangkok"},
		{"Türkiye", "TR", "Asia", "Turkish", "Istanbul/Istanbul,Ankara/Ankara"},
		{"U.S. Virgin Islands", "VI", "Americas", "English", "Charlotte Amalie/St Thomas"},
		{"Ukraine", "UA", "Europe", "Ukrainian Russian", "Kyiv/Kyiv city,Lviv/Lviv Oblast"},
		{"United Kingdom", "GB", "Europe", "English", "London/England,Manchester/England,Edinburgh/Scotland,Cardiff/Wales,Belfast/Northern Ireland"},
		{"United States", "US", "Americas", "English Spanish", "New York/New York,Ashburn/Virginia,Chicago/Illinois,Los Angeles/California,Dallas/Texas,Washington/District of Columbia,Atlanta/Georgia,Seattle/Washington,Boston/Massachusetts,Miami/Florida,San Jose/California,Houston/Texas,Philadelphia/Pennsylvania,Phoenix/Arizona,Minneapolis/Minnesota,Denver/Colorado,Reston/Virginia,Las Vegas/Nevada,San Diego/California,Columbus/Ohio,Austin/Texas,San Francisco/California,Charlotte/North Carolina,San Antonio/Texas"},
		{"Venezuela", "VE", "Americas", "Spanish", "Caracas/Capital District,Maracaibo/Zulia"},
		{"Vietnam", "VN", "Asia", "Vietnamese", "Ho Chi Minh City/Ho Chi Minh City,Hanoi/Hanoi"},
	}
}

// cityRanks are total users by rank of the American cities in
// live/top-cities-30-days.json (analytics.usa.gov, public domain), in thousands.
func cityRanks() []float64 {
	return []float64{1421, 1242, 1206, 854, 852, 653, 638, 497, 476, 433, 406, 321, 266, 238, 227, 205, 202, 173, 163, 162, 152, 149, 149, 122}
}

// noCity is the share of users whose city nobody knows. Made up: the source leaves them out.
const noCity = 0.04

// A place is where a user is: a city, or a country without one.
type place struct {
	country      country
	city, cityID string
	region       string
	w            float64
	countryIndex int // in the table of the profile
}

// placesOf spreads the weights of countries over their cities.
func placesOf(table []weight) ([]place, error) {
	var out []place
	for i, t := range table {
		c, ok := countryNamed(t.name)
		if !ok {
			return nil, fmt.Errorf("country %q has no entry in places.go", t.name)
		}
		cities := strings.Split(c.cities, ",")
		ranks := normal(cityRanks()[:len(cities)])
		for n, name := range cities {
			city, region, _ := strings.Cut(name, "/")
			out = append(out, place{c, city, cityID(c.id, n), region, t.w * (1 - noCity) * ranks[n], i})
		}
		out = append(out, place{c, notSet, notSet, notSet, t.w * noCity, i})
	}
	return out, nil
}

// cityID makes up an id in the form of Google's geographical targets: seven digits.
func cityID(country string, n int) string {
	return strconv.Itoa(9000000 + int(country[0]-'A')*26000 + int(country[1]-'A')*1000 + n)
}

func countryNamed(name string) (country, bool) {
	for _, c := range countries() {
		if c.name == name {
			return c, true
		}
	}
	return country{}, false
}
