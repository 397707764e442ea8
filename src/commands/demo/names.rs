//! What people, organizations and roles of the demonstration are called. People's names come from sixteen cultures, each
//! in its own spelling; addresses are made of the Latin letters alone.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::dice::Dice;

/// Given and family names that go together. `shown=latin` where the Latin spelling cannot be guessed from the letters.
struct Culture {
    /// How many of a thousand people.
    share: u32,
    given: &'static str,
    family: &'static str,
    family_first: bool,
}

const CULTURES: [Culture; 16] = [
    Culture {
        share: 210,
        given: "Alice Amelia Andrew Beth Brian Caleb Charlotte Claire Daniel Edward Eleanor Ellen Emma Ethan Fiona \
            Frances George Grace Hannah Harriet Henry Isaac Jack James Jane Joan Joseph Judith Kate Laura Leah Louis \
            Martha Megan Miles Nathan Nora Oliver Owen Paul Phoebe Rachel Ruth Samuel Sarah Simon Thomas William",
        family: "Abbott Adams Archer Bailey Barker Bennett Blake Bradley Brooks Carter Chapman Clarke Coleman Cooper \
            Dawson Ellis Fisher Fletcher Foster Gibson Graham Hale Harper Hayes Hill Holmes Hughes Hunter Jennings \
            Kerr Knight Lawson Marsh Mason Mercer Morgan Murray Newman Palmer Parker Pearce Quinn Reid Roberts \
            Russell Shaw Spencer Stone Sutton Taylor Thornton Turner Walker Ward Warren Watts Webb Wells West \
            Whitaker Wood Wright Wyatt Young",
        family_first: false,
    },
    Culture {
        share: 80,
        given: "Anja Annika Bernd Birgit Carsten Christoph Claudia Dieter Elke Emil Felix Franziska Frieda Gerd Greta \
            Hanna Heike Ingo Jonas Jürgen=juergen Karin Katja Klaus Lena Lukas Malte Marlene Matthias Moritz Nele \
            Petra Ralf Sabine Silke Stefan Svenja Theo Tilman Ulrike Ute Uwe Wiebke",
        family: "Albrecht Bauer Baumann Becker Behrens Brandt Busch Dietrich Ebert Engel Fischer Frank Fuchs Geißler \
            Graf Groß Günther=guenther Haas Hartmann Herrmann Hoffmann Huber Jäger=jaeger Kaiser Keller Köhler=koehler \
            König=koenig Krämer=kraemer Krause Kühn=kuehn Lange Lehmann Lorenz Maier Möller=moeller Neumann Peters \
            Pohl Richter Roth Sauer Schäfer=schaefer Schmitt Schröder=schroeder Schulz Seidel Sommer Vogel Wagner \
            Weber Winter Wolf Zimmermann",
        family_first: false,
    },
    Culture {
        share: 70,
        given: "Adèle Agnès Alain Antoine Aurélie Benoît Camille Céline Chloé Clément Delphine Denis Élise Étienne \
            Fabien Florence François Gaël Geneviève Gilles Hélène Hugo Inès Jérôme Juliette Léa Lucie Manon Marc \
            Mathilde Mireille Nicolas Odile Olivier Pascal Quentin Raphaël Rémi Sandrine Sylvie Thérèse Yves Zoé",
        family: "Arnaud Barbier Bernard Bertrand Blanc Bonnet Bourgeois Boyer Brun Carpentier Chevalier Colin Cordier \
            Delacroix Deschamps Dubois Dufour Dumas Dupuis Durand Fabre Faure Fontaine Fournier Garnier Gauthier \
            Girard Guérin Henry Lacroix Lambert Lebrun Leclerc Lefèvre Lemaire Leroy Marchand Mercier Moreau Morel \
            Noël Perrin Petit Picard Renard Renaud Richard Rivière Rousseau Roy Tessier Vasseur Vidal",
        family_first: false,
    },
    Culture {
        share: 90,
        given: "Adriana Agustín Alejandro Alicia Álvaro Ángela Antonio Beatriz Camila Carlos Carmen Catalina Diego \
            Elena Emilio Esteban Fernanda Francisco Gabriela Gonzalo Guadalupe Héctor Ignacio Inés Isabel Javier \
            Jimena Joaquín José Juana Lucía Luis Manuel María Mariana Mateo Miguel Nuria Pablo Paloma Pilar Rafael \
            Ramón Rosa Santiago Sofía Tomás Valentina Ximena",
        family: "Acosta Aguilar Álvarez Arroyo Benítez Blanco Cabrera Calderón Campos Cano Castillo Castro Cortés Cruz \
            Delgado Domínguez Espinoza Estrada Fernández Flores Fuentes Gallego García Gómez González Guerrero \
            Gutiérrez Herrera Ibáñez Iglesias Jiménez León López Lozano Márquez Medina Méndez Molina Montero Morales \
            Moreno Muñoz Navarro Núñez Ortega Ortiz Peña Ramos Reyes Ríos Rojas Romero Rubio Salazar Santana Serrano \
            Soto Suárez Torres Vargas Vega Zamora",
        family_first: false,
    },
    Culture {
        share: 70,
        given: "Ana Afonso Beatriz Bruno Caio Carolina Cátia Cecília Davi Débora Diogo Duarte Eduarda Fábio Filipa \
            Flávia Gonçalo Heitor Helena Hugo Inês Isadora João Júlia Larissa Leonor Letícia Luana Luísa Márcia \
            Margarida Mário Marta Miguel Nuno Otávio Paulo Pedro Raquel Renata Rita Rodrigo Rui Sérgio Simão Tânia \
            Thiago Vítor",
        family: "Almeida Alves Andrade Araújo Azevedo Barbosa Barros Batista Borges Brito Cardoso Carvalho Coelho Correia \
            Costa Cunha Dias Duarte Esteves Faria Ferreira Figueiredo Fonseca Freitas Gomes Gonçalves Henriques Leite \
            Lima Lopes Macedo Machado Magalhães Marques Martins Matos Melo Mendes Monteiro Moraes Moura Nogueira Nunes \
            Oliveira Pacheco Pereira Pinto Queirós Ramos Ribeiro Rocha Sampaio Santos Silveira Sousa Tavares Teixeira \
            Vieira",
        family_first: false,
    },
    Culture {
        share: 60,
        given: "Alessandra Alessia Andrea Antonella Bianca Carlo Chiara Cosimo Davide Donatella Edoardo Elisa Enzo \
            Fabio Federica Filippo Francesca Gaia Gianluca Ginevra Giorgio Giulia Ilaria Jacopo Lorenzo Luca Lucia \
            Marco Martina Massimo Matteo Michela Nicolò Paola Pietro Rocco Roberta Salvatore Serena Silvia Simone \
            Stefania Tommaso Valeria Vittoria",
        family: "Amato Barbieri Basile Bassi Bellini Benedetti Bernardi Bianchi Bruno Caputo Caruso Cattaneo Colombo Conti \
            Coppola Costantini Damico Deluca Esposito Farina Ferrara Ferri Fiore Fontana Galli Gallo Gatti Gentile \
            Giordano Grassi Greco Guerra Leone Lombardi Longo Mancini Marchetti Mariani Marino Martini Mazza Messina \
            Monti Moretti Neri Orlando Pellegrini Ricci Rinaldi Riva Rizzo Rossetti Russo Sala Santoro Serra Silvestri \
            Testa Valentini Villa Vitale",
        family_first: false,
    },
    Culture {
        share: 50,
        given: "Agnieszka Aleksander Alicja Anna Antoni Barbara Beata Błażej Dagmara Dariusz Dominik Dorota Elżbieta \
            Ewa Grażyna Grzegorz Hanna Helena Igor Iwona Jacek Jadwiga Jakub Janusz Joanna Kacper Kamil Katarzyna \
            Krzysztof Łukasz Maciej Magdalena Małgorzata Marek Mateusz Michał Monika Paweł Piotr Róża Stanisław \
            Tomasz Urszula Wanda Wojciech Zofia",
        family: "Adamczyk Baran Bąk Borkowski Chmielewski Czarnecki Dąbrowski Duda Dudek Gajewski Głowacki Górski Grabowski \
            Jabłoński Jankowski Jaworski Kaczmarek Kalinowski Kamiński Kowalczyk Kozłowski Krawczyk Król Kubiak \
            Kwiatkowski Lis Maciejewski Majewski Malinowski Mazur Michalak Nowak Nowicki Olszewski Ostrowski Pawlak \
            Pietrzak Przybylski Rutkowski Sadowski Sikora Sobczak Stępień Szczepański Szymański Tomczak Urban Walczak \
            Wieczorek Wilk Witkowski Wójcik Wróbel Wysocki Zając Zalewski Zawadzki Zieliński",
        family_first: false,
    },
    Culture {
        share: 50,
        given: "Agnes Anders Anne Asbjørn Astrid Bengt Birgitta Bjørn Britta Dag Ebba Einar Elin Elsa Erik Frida Gunnar \
            Gustav Håkon Helga Henrik Ida Inga Ingrid Jens Johan Kari Karsten Kirsten Knut Lars Linnéa Lotta Maja \
            Magnus Mikkel Nils Olof Pernille Rasmus Rune Sigrid Signe Solveig Søren Sven Torbjörn Tove Ulla Vilde Øyvind",
        family: "Aagaard Andersson Bakke Berg Berglund Bergström Bjerke Blom Brandt Carlsen Christensen Dahl Dalgaard \
            Eklund Engström Eriksen Fjeld Forsberg Gundersen Haugen Hedlund Hellström Holm Holmgren Iversen Jacobsen \
            Johansson Juul Karlsson Kjær Kristensen Larsen Lindberg Lindqvist Lund Lunde Madsen Mortensen Myhre Nilsen \
            Nordin Nygård Nyström Olsen Østergaard Pedersen Persson Poulsen Rasmussen Sandberg Sjöberg Solberg Strand \
            Sundberg Svensson Thorsen Vestergaard Vik Wallin Åberg Ødegård",
        family_first: false,
    },
    Culture {
        share: 45,
        given: "Ahmet Ali Aslı Aylin Ayşe Barış Beyza Burak Can Ceren Cem Defne Deniz Derya Elif Emine Emre Engin Esra Fatma \
            Gökhan Gül Hakan Hande Hasan Hülya İbrahim İpek Kaan Kemal Leyla Mehmet Melis Merve Murat Mustafa Nazlı Nur \
            Orhan Özge Pınar Selin Serkan Sibel Tolga Tuğba Umut Volkan Yasemin Yusuf Zehra Zeynep",
        family: "Acar Akın Aksoy Aktaş Altun Arslan Aslan Avcı Aydın Ateş Bozkurt Bulut Can Çelik Çetin Coşkun Demir \
            Doğan Duman Erdem Erdoğan Ergin Güler Güneş Işık Kaplan Kara Karaca Keskin Kılıç Koç Korkmaz Köse Kurt \
            Öz Özcan Özdemir Öztürk Polat Şahin Sarı Şen Şimşek Taş Tekin Toprak Tunç Turan Uçar Ünal Uysal Yalçın \
            Yavuz Yıldırım Yıldız Yılmaz Yüksel",
        family_first: false,
    },
    Culture {
        share: 65,
        given: "Aarav Aditi Aditya Ajay Amit Ananya Anika Anil Anjali Arjun Arun Asha Bhavna Chandra Deepa Deepak Dev Divya \
            Farhan Gauri Gita Harish Indira Ishaan Jaya Kabir Karan Kavita Kiran Lakshmi Lalita Manish Meera Mohan Naveen \
            Neha Nikhil Nisha Pooja Pradeep Priya Rahul Rajesh Ravi Rekha Rohan Sanjay Shreya Sneha Sunita Suresh Tara \
            Usha Varun Vikram Vivek",
        family: "Acharya Agarwal Ahuja Bajaj Banerjee Basu Bhatt Bhattacharya Bose Chatterjee Chaudhary Chopra Das Datta \
            Desai Deshpande Dhillon Gandhi Ganguly Ghosh Gill Goswami Grover Gupta Iyer Iyengar Jain Joshi Kapoor Kaul \
            Khanna Kulkarni Kumar Mahajan Malhotra Mehta Menon Mishra Mukherjee Nair Naidu Pandey Patel Patil Pillai \
            Prasad Rao Rathore Reddy Saxena Sen Sethi Shah Sharma Shetty Singh Sinha Srinivasan Thakur Trivedi Varma \
            Venkatesan Verma Yadav",
        family_first: false,
    },
    Culture {
        share: 60,
        given: "Bo Chao Fang Feng Guang Hao Hong Hua Hui Jian Jie Jing Jun Kai Lan Lei Li Lin Ling Mei Min Ming Na Ning Peng Ping \
            Qiang Qing Rong Rui Shan Shu Tao Ting Wei Wen Xia Xiang Xin Xiu Xue Yan Yang Yi Ying Yong Yu Yuan Yun Zhen",
        family: "Bai Cai Cao Chang Chen Cheng Cui Deng Ding Dong Du Duan Fan Fang Feng Fu Gao Gong Gu Guo Han Hao He Hou Hu Huang \
            Jia Jiang Jin Kong Lai Lei Li Liang Liao Lin Liu Long Lu Luo Ma Mao Meng Mo Pan Peng Qian Qiao Qin Qiu Ren Shao \
            Shen Shi Song Su Sun Tan Tang Tian Wan Wang Wei Wen Wu Xia Xiao Xie Xiong Xu Xue Yan Yang Yao Ye Yin Yu Yuan Zeng \
            Zhang Zhao Zheng Zhong Zhou Zhu Zou",
        family_first: true,
    },
    Culture {
        share: 45,
        given: "Akira Aiko Asami Ayaka Chihiro Daiki Eiji Emi Fumiko Haruka Haruto Hideo Hinata Hiroshi Izumi Jun Kaito Kana Kaori \
            Kazuo Keiko Kenji Kenta Koji Kumiko Makoto Mana Mariko Masato Mayumi Megumi Michiko Miho Minoru Misaki Nana Naoki \
            Natsuki Noriko Osamu Rei Ren Ryota Sakura Satoshi Shinji Shiori Shota Sora Takashi Takumi Tatsuya Tomoko Yasuko \
            Yoko Yoshiko Yui Yuki Yuta",
        family: "Abe Aoki Arai Ando Endo Fujii Fujita Fukuda Goto Hara Harada Hasegawa Hashimoto Hayashi Hirano Ikeda Inoue Ishida \
            Ishii Ishikawa Ito Iwasaki Kaneko Kato Kikuchi Kimura Kinoshita Kobayashi Kojima Kondo Kono Maeda Maruyama Matsuda \
            Matsumoto Miura Miyazaki Mori Morita Murakami Murata Nakagawa Nakajima Nakamura Nakano Nishimura Noguchi Nomura Ogawa \
            Okada Okamoto Ono Ota Saito Sakai Sakamoto Sasaki Sato Shibata Shimizu Sugiyama Suzuki Taguchi Takagi Takahashi Takeda \
            Tanaka Taniguchi Uchida Ueda Ueno Wada Watanabe Yamada Yamaguchi Yamamoto Yokoyama Yoshida",
        family_first: false,
    },
    Culture {
        share: 50,
        given: "Aaliyah Abdullah Adel Ahmad Aisha Amal Amina Amir Amira Bashir Bilal Dalia Dina Fadi Farah Faris Fatima Hadi Hala \
            Hamza Hana Hasan Huda Ibrahim Iman Jamal Jamila Karim Khadija Khalid Layla Lina Mahmoud Malak Maryam Mona Mustafa Nabil \
            Nadia Nasser Noor Omar Rania Rashid Reem Sami Samira Salma Tariq Wafa Yara Yasmin Youssef Zahra Zaid",
        family: "Abadi Abboud Aziz Baghdadi Barakat Bishara Darwish Farouk Fayed Ghanem Habib Haddad Hakim Halabi Hamdan Hamidi Hariri \
            Hijazi Hussein Ismail Issa Jaber Kanaan Karam Kassem Khalil Khatib Khoury Maalouf Mansour Masri Mazen Mikati Moussa Naguib \
            Najjar Nasr Nassar Obeid Odeh Qasim Rahman Ramadan Rizk Sabbagh Sabri Salem Salim Samaha Sayegh Shaheen Shami Sharif \
            Suleiman Tahan Taha Toufik Wahba Yassin Younis Zaki Zidan",
        family_first: false,
    },
    Culture {
        share: 40,
        given: "Abena Adaeze Akua Amara Ama Ayodele Babajide Bola Chidi Chiamaka Chinedu Chioma Dayo Ebele Efua Emeka Esi Femi Folake \
            Funmi Gbenga Ifeoma Ikenna Kofi Kojo Kwabena Kwame Lindiwe Mandla Naledi Ngozi Nia Nkechi Nomvula Obinna Olumide Oluwaseun \
            Sade Sipho Temba Thandi Themba Tunde Uche Wanjiru Yaa Yemi Zanele Zola Zuri",
        family: "Abiodun Achebe Adebayo Adeleke Adeyemi Adjei Afolabi Agyeman Akande Akinola Amoah Ansah Asante Balogun Bello Boateng Botha \
            Chukwu Danso Diallo Dlamini Eze Fashola Gyasi Igwe Kamau Kariuki Khumalo Kimani Mbeki Mensah Mokoena Moyo Mutua Mwangi Ncube \
            Ndlovu Njoroge Nkosi Nwachukwu Nwosu Obi Ochieng Odhiambo Ogunleye Okafor Okeke Okonkwo Okoro Olatunji Omondi Onyango Osei \
            Otieno Owusu Sithole Sow Toure Traore Wambui Zulu",
        family_first: false,
    },
    Culture {
        share: 8,
        given: "Алексей=alexey Анна=anna Борис=boris Вера=vera Виктор=viktor Галина=galina Дарья=darya Дмитрий=dmitry Елена=elena \
            Иван=ivan Ирина=irina Ксения=ksenia Людмила=lyudmila Максим=maxim Марина=marina Наталья=natalya Никита=nikita Ольга=olga \
            Павел=pavel Полина=polina Сергей=sergey София=sofia Степан=stepan Татьяна=tatyana Юлия=yulia",
        family: "Бондаренко=bondarenko Гончар=honchar Данилюк=danyliuk Захаренко=zakharenko Коваль=koval Коваленко=kovalenko \
            Кравченко=kravchenko Лысенко=lysenko Марченко=marchenko Мельник=melnyk Олейник=oliynyk Пономаренко=ponomarenko \
            Руденко=rudenko Савченко=savchenko Ткаченко=tkachenko Шевченко=shevchenko Шевчук=shevchuk Яковенко=yakovenko",
        family_first: false,
    },
    Culture {
        share: 7,
        given: "Αγγελική=angeliki Αλέξανδρος=alexandros Βασίλης=vasilis Γιώργος=giorgos Δημήτρης=dimitris Ειρήνη=irini Ελένη=eleni \
            Θοδωρής=thodoris Ιωάννα=ioanna Κατερίνα=katerina Κώστας=kostas Μαρία=maria Νίκος=nikos Σοφία=sofia Σπύρος=spyros \
            Χρήστος=christos",
        family: "Αλεξίου=alexiou Βλάχος=vlachos Γεωργίου=georgiou Δημητρίου=dimitriou Ιωάννου=ioannou Καραγιάννης=karagiannis \
            Κωνσταντίνου=konstantinou Μακρής=makris Νικολάου=nikolaou Οικονόμου=oikonomou Παπαδάκης=papadakis \
            Παπαδόπουλος=papadopoulos Σταματίου=stamatiou Χατζής=chatzis",
        family_first: false,
    },
];

const PLACES: [&str; 32] = [
    "Brightwater",
    "Northgate",
    "Silverlake",
    "Harbourside",
    "Oakridge",
    "Redstone",
    "Meridian",
    "Larkfield",
    "Highmoor",
    "Cedarbrook",
    "Stonebridge",
    "Westhaven",
    "Fairmont",
    "Kestrel",
    "Bluepeak",
    "Ashdown",
    "Riverbend",
    "Clearview",
    "Thornbury",
    "Eastwick",
    "Summit",
    "Lakeshore",
    "Foxglove",
    "Pinecrest",
    "Granite",
    "Willowdale",
    "Beacon",
    "Copperfield",
    "Marlowe",
    "Juniper",
    "Saltmarsh",
    "Elmstead",
];

const TRADES: [&str; 16] = [
    "Energy",
    "Bank",
    "Logistics",
    "Insurance",
    "Health",
    "Telecom",
    "Airlines",
    "Foods",
    "Housing",
    "Motors",
    "University",
    "Water",
    "Travel",
    "Retail",
    "Publishing",
    "Robotics",
];

/// Names of custom roles and the pages each opens, with the level it opens them at.
pub(super) const CUSTOM_ROLES: [(&str, &str, &[(&str, &str)]); 4] = [
    (
        "Shift Lead",
        "Runs a shift of the contact center.",
        &[("callback.status", "view"), ("callback.call_detail", "all"), ("callback.alerts", "all")],
    ),
    (
        "Report Reader",
        "Reads reports and exports, changes nothing.",
        &[("callback.insights", "view"), ("callback.exports", "view"), ("workspace.dashboards", "view")],
    ),
    (
        "Onboarding Desk",
        "Looks after people and their roles.",
        &[("platform.user_management", "edit"), ("platform.application_roles", "view")],
    ),
    (
        "Data Steward",
        "Keeps lookup data in order.",
        &[("datastore.lookup_data_set", "all"), ("datastore.data_set_templates", "view")],
    ),
];

/// A name and how it is written in an address.
#[derive(Clone)]
struct Part {
    shown: &'static str,
    latin: String,
}

struct Parts {
    given: Vec<Part>,
    family: Vec<Part>,
    family_first: bool,
}

/// Makes people's names and keeps their addresses apart.
pub(super) struct Names {
    cultures: Vec<(u32, usize)>,
    parts: Vec<Parts>,
    taken: HashMap<String, u32>,
}

/// A person's name, and the part of their address before the `@`.
pub(super) struct Named {
    pub(super) shown: String,
    pub(super) local: String,
}

impl Names {
    pub(super) fn new() -> Self {
        let parts = |culture: &Culture| Parts {
            given: culture.given.split_whitespace().map(part).collect(),
            family: culture.family.split_whitespace().map(part).collect(),
            family_first: culture.family_first,
        };
        Self {
            cultures: CULTURES.iter().enumerate().map(|(number, culture)| (culture.share, number)).collect(),
            parts: CULTURES.iter().map(parts).collect(),
            taken: HashMap::new(),
        }
    }

    /// Addresses are kept apart within one domain; the next domain begins anew.
    pub(super) fn next_domain(&mut self) {
        self.taken.clear();
    }

    /// A person of any culture; some have parents of two.
    pub(super) fn person(&mut self, dice: &mut Dice) -> Named {
        let culture = dice.weighted(&self.cultures).unwrap_or_default();
        let other = if dice.per_mille(60) { dice.weighted(&self.cultures).unwrap_or(culture) } else { culture };
        let given = self.parts.get(culture).and_then(|parts| dice.pick(&parts.given).cloned());
        let family = self.parts.get(other).and_then(|parts| dice.pick(&parts.family).cloned());
        let (Some(given), Some(family)) = (given, family) else {
            return self.named("Alex Morgan".to_owned(), "alex.morgan".to_owned());
        };
        let family_first = culture == other && self.parts.get(culture).is_some_and(|parts| parts.family_first);
        let middle = if family_first || !dice.per_mille(120) { None } else { Some(dice.below(26)) };
        let initial =
            middle.and_then(|number| char::from_digit(number + 10, 36)).map(|letter| letter.to_ascii_uppercase());
        let shown = match (family_first, initial) {
            (true, _) => format!("{} {}", family.shown, given.shown),
            (false, Some(letter)) => format!("{} {letter}. {}", given.shown, family.shown),
            (false, None) => format!("{} {}", given.shown, family.shown),
        };
        self.named(shown, format!("{}.{}", given.latin, family.latin))
    }

    fn named(&mut self, shown: String, local: String) -> Named {
        let count = self.taken.entry(local.clone()).or_insert(0);
        *count += 1;
        let local = if *count == 1 { local } else { format!("{local}{count}") };
        Named { shown, local }
    }
}

fn part(text: &'static str) -> Part {
    match text.split_once('=') {
        Some((shown, latin)) => Part { shown, latin: latin.to_owned() },
        None => Part { shown: text, latin: latin(text) },
    }
}

/// The letters an address may have, without the marks above and below them.
fn latin(text: &str) -> String {
    let mut latin = String::new();
    for letter in text.to_lowercase().nfd() {
        match letter {
            'ß' => latin.push_str("ss"),
            'æ' => latin.push_str("ae"),
            'ø' => latin.push('o'),
            'ł' => latin.push('l'),
            'ı' => latin.push('i'),
            letter if letter.is_ascii_alphanumeric() => latin.push(letter),
            _ => {}
        }
    }
    latin
}

/// Name of an organization and the domain of its people.
pub(super) fn organization(number: u32) -> (String, String) {
    let places = u32::try_from(PLACES.len()).unwrap_or(1);
    let trades = u32::try_from(TRADES.len()).unwrap_or(1);
    // A step that shares no divisor with the number of trades meets every pair before any comes again.
    let round = number / (places * trades);
    let place = PLACES.get((number % places) as usize).copied().unwrap_or_default();
    let trade = TRADES.get(((number + number / places) % trades) as usize).copied().unwrap_or_default();
    let name = if round == 0 { format!("{place} {trade}") } else { format!("{place} {trade} {}", round + 1) };
    let domain = format!("{}.example", name.to_lowercase().replace(' ', "-"));
    (name, domain)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::{
        pages::{Level, Page},
        text::{DisplayName, Email, OrganizationName},
    };

    #[test]
    fn names_and_addresses_are_valid_and_addresses_unique() {
        let (mut names, mut dice, mut addresses) = (Names::new(), Dice::new(1), HashSet::new());
        for _ in 0..20_000 {
            let person = names.person(&mut dice);
            assert_eq!(DisplayName::parse(&person.shown).unwrap().as_str(), person.shown);
            let email = Email::parse(&format!("{}@people.example", person.local)).unwrap();
            assert!(addresses.insert(email.key().to_owned()), "{email} twice");
        }
    }

    #[test]
    fn every_part_has_a_latin_spelling() {
        for parts in &Names::new().parts {
            for part in parts.given.iter().chain(&parts.family) {
                assert!(!part.latin.is_empty() && part.latin.is_ascii(), "{}", part.shown);
            }
        }
    }

    #[test]
    fn organizations_differ() {
        let mut seen = HashSet::new();
        for number in 0..2_000 {
            let (name, domain) = organization(number);
            assert_eq!(OrganizationName::parse(&name).unwrap().as_str(), name);
            assert!(Email::parse(&format!("ann@{domain}")).is_ok());
            assert!(seen.insert(name.clone()), "{name} twice");
        }
    }

    #[test]
    fn custom_roles_use_levels_their_pages_offer() {
        for (_, _, levels) in CUSTOM_ROLES {
            for (page, level) in levels {
                let (page, level): (Page, Level) = (page.parse().unwrap(), level.parse().unwrap());
                assert!(page.offered().contains(&level), "{page} {level}");
            }
        }
    }
}
