"""Invented names of people and places. None of them is anybody's; a tenant is filled from them, and none may ever reach stored evidence."""

GIVEN = [
    "Adela", "Amos", "Anouk", "Anselm", "Aria", "Basil", "Beatrix", "Bram", "Calla", "Caspian", "Celeste", "Cora", "Cyrus", "Dahlia", "Daria",
    "Dorian", "Edda", "Elias", "Elio", "Elowen", "Ember", "Enzo", "Esme", "Fabian", "Faye", "Fiona", "Florian", "Gideon", "Greta", "Hanna", "Hugo",
    "Ida", "Ilse", "Imogen", "Ines", "Iris", "Isolde", "Ivo", "Jonas", "Juno", "Kai", "Leona", "Levi", "Linus", "Lotte", "Lucian", "Mabel",
    "Magnus", "Maia", "Malin", "Marek", "Mira", "Nadia", "Nell", "Nico", "Noor", "Odette", "Orla", "Oscar", "Petra", "Quinn", "Rhea", "Rosa",
    "Rufus", "Sabine", "Silas", "Tamsin", "Tess", "Thea", "Tobias", "Uma", "Vera", "Viktor", "Wanda", "Yara", "Zeno",
]  # fmt: skip
FAMILY = [
    "Abendroth", "Ackerly", "Aldwin", "Ashgrove", "Bellweather", "Birkholm", "Blackwood", "Brandvold", "Brightwell", "Calloway", "Castellan",
    "Coldbrook", "Corvin", "Dagworth", "Darnell", "Delacroix", "Dunmore", "Eastlake", "Elderfield", "Fairbourne", "Falkner", "Fenwick", "Fernsby",
    "Garrick", "Glenholm", "Greystone", "Hadley", "Hallow", "Harrowgate", "Hartwell", "Holmgren", "Ironside", "Jessop", "Kestrel", "Kingsley",
    "Lansbury", "Larkin", "Lindqvist", "Locksley", "Marchetti", "Marlowe", "Merrick", "Middleton", "Norwood", "Oakhurst", "Okafor", "Orchard",
    "Pemberton", "Penrose", "Quill", "Ravenel", "Redfern", "Rosendal", "Sandoval", "Selwyn", "Sorrel", "Stavros", "Sterling", "Thackeray",
    "Thornbury", "Tindall", "Underhill", "Vance", "Varga", "Wakefield", "Westbrook", "Whitlock", "Winslow",
]  # fmt: skip
TITLES = [
    "Registered nurse", "Medical assistant", "Receptionist", "Billing specialist", "Physician", "Nurse practitioner", "Physical therapist",
    "Radiology technician", "Laboratory technician", "Care coordinator", "Medical coder", "Pharmacist", "Office manager", "Case manager",
    "Dietitian",
]  # fmt: skip
DEPARTMENTS = [
    "Front desk", "Primary care", "Billing", "Laboratory", "Radiology", "Pediatrics", "Cardiology", "Records", "Administration", "Pharmacy",
]  # fmt: skip
STREETS = [
    "Alder Row", "Quarry Lane", "Millpond Road", "Lantern Street", "Orchard Close", "Harbor Walk",
]  # fmt: skip
