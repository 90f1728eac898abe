import ArgumentParser

/// A time such as 90s, 30m, 2h or 1h30m.
struct WallTime: ExpressibleByArgument {
  let duration: Duration

  static let halfAnHour = WallTime(duration: .seconds(1800))

  private init(duration: Duration) {
    self.duration = duration
  }

  init?(argument: String) {
    var seconds = 0
    var number = ""
    for character in argument {
      if character.isASCII, character.isNumber {
        number.append(character)
        continue
      }
      let units: [Character: Int] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
      guard let unit = units[character], let value = Int(number), value < 1 << 32 else {
        return nil
      }
      seconds += value * unit
      number = ""
    }
    guard number.isEmpty, seconds > 0 else { return nil }
    duration = .seconds(seconds)
  }
}

extension WallTime: CustomStringConvertible {
  var description: String {
    let seconds = duration.components.seconds
    return seconds.isMultiple(of: 60) ? "\(seconds / 60)m" : "\(seconds)s"
  }
}
