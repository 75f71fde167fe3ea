package overlay

// dhcp spares every start the table of option names (350 blocks, 2 ms under
// software emulation), which are for people who read packets. An option then
// prints as its number.
var dhcp = &Module{Path: "github.com/insomniacslk/dhcp", edits: []edit{
	{"dhcpv4/types.go", "\tif s, ok := optionCodeToString[o]; ok {\n\t\treturn s\n\t}\n", "", 1},
}}
