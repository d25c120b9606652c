#[test]
fn dump() {
    let Ok(list) = std::env::var("DUMP") else { return };
    let out = std::env::var("DUMP_OUT").unwrap();
    std::env::set_current_dir(std::env::var("DUMP_DIR").unwrap()).unwrap();
    for file in list.split_whitespace() {
        let name = std::path::Path::new(file).file_name().unwrap().to_str().unwrap().replace(".yml", "");
        match regain_config::load_file(file.as_ref(), &regain_config::LoadOptions::default()) {
            Ok(config) => std::fs::write(format!("{out}/{name}.out"), config.to_yaml()).unwrap(),
            Err(error) => std::fs::write(format!("{out}/{name}.err"), error.to_string()).unwrap(),
        }
    }
}
