"""Pairs with rewordings as a large model writes them: natural ones, near copies, and ones with another meaning."""

from __future__ import annotations

# question, answer; the question and the answer in other words
COPIED = 0.75  # dataset.rephrase.max_copied

NATURAL: list[tuple[str, str, str, str]] = [
    ("How many clubs must vote for a new member of the Ellary Sound Rowing League?",
     "At least four member clubs must vote for it at the annual meeting.",
     "What majority does a club need to be admitted to the Ellary Sound Rowing League?",
     "The votes of four or more member clubs at the annual meeting."),
    ("By what date does a club that wishes to join the Ellary Sound Rowing League have to write to the secretary?",
     "By 30 September.",
     "When is the deadline for writing to the secretary, if a club wants to join the Ellary Sound Rowing League?",
     "30 September"),
    ("What does the Ellary Sound Rowing League do about fractions of a second in elapsed times?",
     "They are dropped: elapsed time is counted in whole seconds.",
     "Does an elapsed time in the Ellary Sound Rowing League include fractions of a second?",
     "It does not; only whole seconds count."),
    ("Who runs each regatta of the Ellary Sound Rowing League?",
     "Three people from the host club: a race officer, a safety officer and a recorder.",
     "Which officials does a host club have to provide for a regatta of the Ellary Sound Rowing League?",
     "A race officer, a safety officer and a recorder, three people in all."),
    ("When does a change to chapter 6 of the rules of the Ellary Sound Rowing League take effect?",
     "Seven days after the annual meeting, unlike other changes, which take effect on the following 1 January.",
     "How soon is a change to chapter 6 in force in the Ellary Sound Rowing League?",
     "It applies 7 days after the annual meeting. All other changes wait until 1 January."),
    ("How is a tie broken at the annual meeting of the Ellary Sound Rowing League?",
     "The chair votes, which the chair does in no other case.",
     "What happens at the annual meeting of the Ellary Sound Rowing League if a vote ends in a tie?",
     "Then, and only then, the chair votes."),
    ("May an officer of a regatta of the Ellary Sound Rowing League row on the day of the regatta?",
     "No. None of the three officers may row on the day, and nobody may fill two of the posts.",
     "Can a race officer of the Ellary Sound Rowing League also take part in the races of that day?",
     "No, officers cannot row on that day, and each of the three posts needs a person of its own."),
    ("What counts as a boat length in the handbook of the Ellary Sound Rowing League?",
     "The nominal length of a sound skiff, 6.7 m.",
     "How long is one boat length, as the Ellary Sound Rowing League uses the term?",
     "6.7 m, which is the nominal length of a sound skiff."),
    ("When do two skiffs overlap under the rules of the Ellary Sound Rowing League?",
     "Two skiffs overlap when neither has clear water on the other.",
     "Under what condition does the Ellary Sound Rowing League regard two skiffs as overlapping?",
     "When there is no clear water between them on either side."),
    ("Which rower counts as a junior in the Ellary Sound Rowing League?",
     "A rower who is at least 14 and not yet 18 years old on 1 January of the season.",
     "What is the age range for a junior in the Ellary Sound Rowing League?",
     "At least 14 years and less than 18, as of 1 January of the season."),
    ("Why does the cox not count towards the mean age of a crew in the Ellary Sound Rowing League?",
     "Because the cox is the person who steers and is not a rower.",
     "For the mean age of a crew, the Ellary Sound Rowing League leaves out the cox. What is the reason?",
     "A cox steers but does not row."),
    ("At what temperature should rye bread be baked at first, and for how long?",
     "At 250 °C for 15 minutes, so that the crust sets before the crumb has risen fully.",
     "What are the temperature and the time for the first stage of baking rye bread?",
     "250 °C for 15 minutes. That lets the crust set while the crumb is still rising."),
    ("Why should dough not be kneaded right after the salt has been added?",
     "Because the salt first has to dissolve, or it tears the gluten strands.",
     "What goes wrong if you knead dough before the salt in it has dissolved?",
     "The grains of salt tear the strands of gluten."),
    ("What must a tenant do before repainting the walls of the flat?",
     "The tenant must ask the landlord in writing and wait for consent.",
     "A tenant would like to paint the walls in another colour. What is needed first?",
     "Written permission: the tenant must ask the landlord and have the consent."),
    ("Which documents does an applicant need for a residence permit in the canton of Uri?",
     "A passport, a contract of employment or proof of means, and a photograph.",
     "What has to be handed in to apply for a residence permit in the canton of Uri?",
     "The passport, a photograph, and either proof of means or a contract of employment."),
    ("How does the pump protect itself when no water flows?",
     "A sensor switches the motor off after 30 seconds without flow and tries again every 10 minutes.",
     "What does the pump do if it runs dry?",
     "Its sensor stops the motor once there has been no flow for 30 seconds; every 10 minutes it has another try."),
    ("What is the difference between the commands git fetch and git pull?",
     "git fetch only downloads the new commits; git pull also merges them into the current branch.",
     "If you use git fetch instead of git pull, what is not done?",
     "The commits are downloaded, but they are not merged into the current branch."),
    ("What does the option --depth of git clone do?",
     "It limits the history that is downloaded to the given number of commits.",
     "Why would somebody pass --depth to git clone?",
     "To download no more of the history than the number of commits that they name."),
    ("Who discovered the moons Titania and Oberon, and when?",
     "William Herschel discovered both of them on 11 January 1787.",
     "On what date were the moons Titania and Oberon found, and by whom?",
     "They were found by William Herschel, both on 11 January 1787."),
    ("How much paracetamol may an adult take in 24 hours?",
     "No more than 4 grams, in single doses of at most 1 gram.",
     "What is the limit of paracetamol for an adult within 24 hours?",
     "4 grams, and never more than 1 gram at a time."),
    ("What happens to a deposit when a guest cancels less than seven days before arrival?",
     "The deposit is kept; it is refunded only if the room can be let to somebody else.",
     "A guest cancels, and arrival is less than seven days away. What becomes of the deposit?",
     "It is paid back only if somebody else takes the room. Otherwise it is kept."),
    ("Why are swallows said to fly low before rain?",
     "Because the insects that they hunt stay near the ground when the air is humid.",
     "What do insects have to do with the saying that swallows fly low before rain?",
     "In humid air the insects keep close to the ground, and the swallows follow their prey."),
    ("What does the warranty of the heater exclude?",
     "Damage by frost, by limescale, and by repairs that were not made by an authorised dealer.",
     "In which cases is damage to the heater not covered by its warranty?",
     "When frost or limescale caused it, or when somebody other than an authorised dealer repaired the heater."),
    ("Which soil do blueberries need?",
     "An acid, loose soil with a pH between 4 and 5.",
     "What should the soil be like for blueberries to grow well?",
     "Loose and acid, with a pH from 4 to 5."),
    ("How often must the fire extinguishers be checked, and by whom?",
     "Every two years, by an expert whom the insurer recognises.",
     "What are the rules for checking the fire extinguishers?",
     "An expert recognised by the insurer has to check them every two years."),
]  # fmt: skip

# the number of a pair above; a near copy of its question or of its answer, the other one ""
COPIES: list[tuple[int, str, str]] = [
    (0, "How many clubs have to vote for a new member of the Ellary Sound Rowing League?", ""),
    (3, "", "Three persons from the host club: a race officer, a safety officer, a recorder."),
    (4, "When will a change to chapter 6 of the rules of the Ellary Sound Rowing League take effect?", ""),
    (6, "", "No. None of the three officers can row on that day, and no one may fill two of the posts."),
    (9, "", "A rower at least 14 and not yet 18 years old on 1 January of the season."),
    (11, "", "For 15 minutes at 250 °C so that the crust sets before the crumb has risen fully."),
    (12, "Why should a dough not be kneaded directly after the salt has been added?", ""),
    (13, "Before repainting the walls of the flat, what must a tenant do?", ""),
    (15, "", "After 30 seconds without flow a sensor switches the motor off and tries again every 10 minutes."),
    (16, "", "git fetch just downloads the new commits; git pull merges them into the current branch too."),
    (20, "What happens to the deposit if a guest cancels less than seven days before arrival?", ""),
    (22, "", "Damage by frost, limescale and repairs that were not made by an authorised dealer."),
]

# the number of a pair; its question or its answer with another meaning, the other one ""; what the complaint says
TURNED: list[tuple[int, str, str, str]] = [
    (0, "", "The votes of five or more member clubs at the annual meeting.", "lost the number 4"),
    (6, "", "Yes, officers can row on that day.", "begin with 'no'"),
    (12, "", "Salt need not dissolve before dough is kneaded, or it tears the gluten.", "negation of 'dissolve'"),
    (13, "", "The tenant may ask the landlord and have the consent.", "what may be"),
    (17, "Why would somebody pass an option to git clone?", "", "lost --depth"),
    (18, "", "They were found by Wilhelm Tempel, both on 11 January 1787.", "lost Herschel"),
    (19, "", "At least 4 grams, in single doses of 1 gram.", "says 'least' where it said 'most'"),
]

# Questions about long terms, which every rewording has to keep: built anew, and near copies. The rule was tuned on the
# first ten of each.
BUILT_ANEW: list[tuple[str, str]] = [
    ("What is the difference between the outer harbour basin with its floating pontoons and the inner tidal "
     "lagoon behind the old sluice?",
     "How does the outer harbour basin with its floating pontoons differ from the inner tidal lagoon behind the"
     " old sluice?"),
    ("What is the difference between a single-phase induction motor with a start capacitor and a three-phase "
     "motor with a frequency converter?",
     "In what way is a single-phase induction motor with a start capacitor unlike a three-phase motor with a "
     "frequency converter?"),
    ("What is the difference between the annual general meeting of the members and the extraordinary meeting of"
     " the board?",
     "What distinguishes the annual general meeting of the members from the extraordinary meeting of the board?"),
    ("What is the difference between simple linear regression with one predictor and multiple regression with "
     "several correlated predictors?",
     "How do simple linear regression with one predictor and multiple regression with several correlated "
     "predictors differ?"),
    ("How do the rules for open water races in heavy weather differ from the rules for sprint races on the "
     "canal?",
     "What sets the rules for open water races in heavy weather apart from the rules for sprint races on the "
     "canal?"),
    ("What is the effect of a low pH of the irrigation water on the uptake of iron by young blueberry plants?",
     "How does a low pH of the irrigation water influence the uptake of iron by young blueberry plants?"),
    ("What is the relationship between the mean annual rainfall of a catchment and the yearly discharge of its "
     "main river?",
     "How are the mean annual rainfall of a catchment and the yearly discharge of its main river connected?"),
    ("What are the advantages of a heat pump with a buried ground collector over a gas boiler with a solar "
     "panel?",
     "Why might somebody prefer a heat pump with a buried ground collector to a gas boiler with a solar panel?"),
    ("What is the purpose of the second non-return valve behind the upper pressure tank of the house?",
     "Why does the house need the second non-return valve behind the upper pressure tank?"),
    ("Who is responsible for the maintenance of the emergency lighting in the stairwells of the north wing?",
     "Whose task is it to look after the emergency lighting in the stairwells of the north wing?"),
    ("What is the difference between the gross floor area of a listed building and the net usable area of a new"
     " one?",
     "How does the gross floor area of a listed building compare with the net usable area of a new one?"),
    ("What is the difference between a revocable power of attorney for health matters and a lasting power of "
     "attorney for property?",
     "How can a revocable power of attorney for health matters be told from a lasting power of attorney for "
     "property?"),
    ("What is the difference between the first derivative of the loss function and the second moment of the "
     "gradient?",
     "In which respect do the first derivative of the loss function and the second moment of the gradient "
     "differ?"),
    ("What distinguishes the hard winter wheat of the northern plains from the soft spring wheat of the coastal"
     " valleys?",
     "How is the hard winter wheat of the northern plains different from the soft spring wheat of the coastal "
     "valleys?"),
    ("What is the difference between a mortise lock with a three-lever mechanism and a rim lock with a spring "
     "bolt?",
     "Between a mortise lock with a three-lever mechanism and a rim lock with a spring bolt, where lies the "
     "distinction?"),
    ("What is the influence of the salt content of the dough on the growth of wild yeast in the first hours?",
     "How far does the salt content of the dough affect the growth of wild yeast in the first hours?"),
    ("How does the dry weight of a two-person sound skiff compare with the racing weight of a four-person gig?",
     "What is the difference between the dry weight of a two-person sound skiff and the racing weight of a "
     "four-person gig?"),
    ("What is the ratio between the length of the training set in tokens and the number of trainable weights?",
     "How many times larger than the number of trainable weights is the length of the training set in tokens?"),
    ("What does the red warning lamp on the left side of the upper control panel mean?",
     "When would somebody see the red warning lamp on the left side of the upper control panel?"),
    ("What is the deadline for the written objection against the provisional tax assessment of the "
     "municipality?",
     "Until when may somebody file the written objection against the provisional tax assessment of the "
     "municipality?"),
]  # fmt: skip

SAME_BUILD: list[tuple[str, str]] = [
    ("What is the difference between the outer harbour basin with its floating pontoons and the inner tidal "
     "lagoon behind the old sluice?",
     "What is the main difference between the outer harbour basin with its floating pontoons and the inner "
     "tidal lagoon behind the old sluice?"),
    ("What is the difference between a single-phase induction motor with a start capacitor and a three-phase "
     "motor with a frequency converter?",
     "What are the differences between a single-phase induction motor with a start capacitor and a three-phase "
     "motor with a frequency converter?"),
    ("What is the difference between the annual general meeting of the members and the extraordinary meeting of"
     " the board?",
     "What is the distinction between the annual general meeting of the members and the extraordinary meeting "
     "of the board?"),
    ("What is the difference between simple linear regression with one predictor and multiple regression with "
     "several correlated predictors?",
     "Between simple linear regression with one predictor and multiple regression with several correlated "
     "predictors, what is the difference?"),
    ("How do the rules for open water races in heavy weather differ from the rules for sprint races on the "
     "canal?",
     "How are the rules for open water races in heavy weather different from the rules for sprint races on the "
     "canal?"),
    ("What is the effect of a low pH of the irrigation water on the uptake of iron by young blueberry plants?",
     "What effect does a low pH of the irrigation water have on the uptake of iron by young blueberry plants?"),
    ("What is the relationship between the mean annual rainfall of a catchment and the yearly discharge of its "
     "main river?",
     "What is the relation between the mean annual rainfall of a catchment and the yearly discharge of its main"
     " river?"),
    ("What are the advantages of a heat pump with a buried ground collector over a gas boiler with a solar "
     "panel?",
     "What are the benefits of a heat pump with a buried ground collector over a gas boiler with a solar panel?"),
    ("What is the purpose of the second non-return valve behind the upper pressure tank of the house?",
     "What purpose does the second non-return valve behind the upper pressure tank of the house have?"),
    ("Who is responsible for the maintenance of the emergency lighting in the stairwells of the north wing?",
     "Who is in charge of the maintenance of the emergency lighting in the stairwells of the north wing?"),
    ("What is the difference between the gross floor area of a listed building and the net usable area of a new"
     " one?",
     "What, exactly, is the difference between the gross floor area of a listed building and the net usable "
     "area of a new one?"),
    ("How long must a junior rest between two races that are rowed on the same day of a regatta?",
     "How long does a junior have to rest between two races that are rowed on the same day of a regatta?"),
    ("What must a tenant who wishes to keep a large dog in the flat do before the animal moves in?",
     "What does a tenant who wishes to keep a large dog in the flat have to do before the animal moves in?"),
    ("By what date does a club that wishes to join the league have to write to the secretary of the board?",
     "By what day must a club that wishes to join the league write to the secretary of the board?"),
    ("What happens to a deposit when a guest cancels the whole booking less than seven days before arrival?",
     "What becomes of a deposit if a guest cancels the whole booking less than seven days before arrival?"),
    ("How does the pump protect the motor and its bearings when no water flows through the lower inlet?",
     "In what manner does the pump protect the motor and its bearings when no water flows through the lower "
     "inlet?"),
    ("Which documents does an applicant from abroad need for a residence permit of more than one year?",
     "What documents are needed by an applicant from abroad for a residence permit of more than one year?"),
    ("When may the race officer stop a race that has already begun because of thunder or strong wind?",
     "When is the race officer allowed to stop a race that has already begun because of thunder or strong wind?"),
    ("Why are the insects that the swallows hunt in summer found near the ground before heavy rain?",
     "For what reason are the insects that the swallows hunt in summer found near the ground before heavy rain?"),
    ("What is the difference between the first derivative of the loss function and the second moment of the "
     "gradient?",
     "Explain: what is the difference between the first derivative of the loss function and the second moment "
     "of the gradient?"),
]  # fmt: skip
